import { readFile } from "node:fs/promises";
import { simpleParser } from "mailparser";
import { describe, expect, test } from "vitest";
import { CHROMIUM, whyNoChromium } from "../../support/chromium.ts";
import { MESSAGE } from "../endpoint.ts";
import { ENTRIES } from "../entries.ts";
import { expectAccessible, startConsole } from "./browser.ts";

describe.skipIf(whyNoChromium !== undefined).each(ENTRIES)(
  `messages in the console, %s (skipped without ${CHROMIUM})`,
  (_, start) => {
    test("are listed, found, and told of recipient by recipient", async () => {
      const refuseRecipient = { "gone@example.com": { code: 550, text: "No such user here" } };
      const { page, open, entry, trouble } = await startConsole(start, { smtp: { refuseRecipient } });
      await entry.request("POST", "/v1/messages", { ...MESSAGE, subject: "All is well" });
      const to = ["b@example.com", "gone@example.com", "c@example.com"];
      await entry.request("POST", "/v1/messages", { ...MESSAGE, subject: "To some", to });

      await open("messages");
      const subjects = () => page.locator("tbody a").allTextContents();
      expect(await subjects()).toEqual(["To some", "All is well"]);
      expect(await page.getByRole("row", { name: "To some" }).textContent()).toContain("and 1 more");
      await expectAccessible(page);

      await page.getByLabel("State").selectOption("partial");
      await page.getByRole("button", { name: "Filter" }).click();
      await page.waitForURL("**/messages?*state=partial*");
      expect(await subjects()).toEqual(["To some"]);
      await page.getByLabel("Recipient").fill("nobody@example.com");
      await page.getByRole("button", { name: "Filter" }).click();
      await page.waitForURL("**recipient=nobody*");
      expect(await page.locator("main").textContent()).toContain("No message is like that.");

      await open("messages");
      await page.getByRole("link", { name: "To some" }).click();
      await page.waitForURL("**/message?id=*");
      const refused = page.getByRole("row", { name: "gone@example.com" });
      expect(await refused.textContent()).toMatch(/refused[\s\S]*550 .*No such user here/);
      expect(await page.getByRole("row", { name: "b@example.com" }).textContent()).toContain("accepted");
      await page.getByText("Source", { exact: true }).click();
      expect(await page.getByLabel("Source").textContent()).toContain("Subject: To some");
      await expectAccessible(page);
      const [download] = await Promise.all([
        page.waitForEvent("download"),
        page.getByRole("link", { name: "Download as .eml" }).click(),
      ]);
      expect((await simpleParser(await readFile(await download.path()))).subject).toBe("To some");
      expect(trouble).toEqual([]);
    });

    test("are shown by pages, from the newest to the oldest", async () => {
      const { page, open, entry } = await startConsole(start);
      const messages = Array.from({ length: 30 }, (_, index) => ({ ...MESSAGE, subject: `Number ${index + 1}` }));
      await entry.request("POST", "/v1/messages/batch", { messages });
      await open("messages");
      const first = await page.locator("tbody a").allTextContents();
      await page.getByRole("link", { name: "Older messages" }).click();
      await page.waitForURL("**cursor=**");
      const second = await page.locator("tbody a").allTextContents();
      expect([first.length, second.length]).toEqual([25, 5]);
      expect(new Set([...first, ...second])).toEqual(new Set(messages.map(({ subject }) => subject)));
      expect(await page.getByRole("link", { name: "Older messages" }).count()).toBe(0);
      await page.getByRole("link", { name: "Newest messages" }).click();
      await page.waitForURL("**/messages");
      expect(await page.locator("tbody a").allTextContents()).toEqual(first);
    });
  },
);
