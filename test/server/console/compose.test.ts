import { simpleParser } from "mailparser";
import { describe, expect, test } from "vitest";
import { CHROMIUM, whyNoChromium } from "../../support/chromium.ts";
import { ENTRIES } from "../entries.ts";
import { expectAccessible, startConsole, type TestConsole } from "./browser.ts";

const FILE = { name: "menu ü.txt", mimeType: "text/plain", buffer: Buffer.from("Soup of the day\n") };

async function press({ page }: TestConsole, name: string): Promise<void> {
  await Promise.all([page.waitForEvent("load"), page.getByRole("button", { name, exact: true }).click()]);
}

describe.skipIf(whyNoChromium !== undefined).each(ENTRIES)(
  `composing in the console, %s (skipped without ${CHROMIUM})`,
  (_, start) => {
    test("previews a message, shows it as JSON and as code, and sends it once", async () => {
      const tab = await startConsole(start);
      const { page, smtp, open, trouble } = tab;
      await open("compose");
      await expectAccessible(page);
      await page.getByLabel("Connection").selectOption("main");
      await page.getByLabel("From").fill("Ada <a@example.com>");
      await page.getByLabel("To", { exact: true }).fill("Zoë <zoe@example.com>\ngrace@example.com; bob@example.com,");
      await page.getByLabel("Subject").fill("Today's menu ✓");
      await page.getByLabel("Text").fill("Soup.\n\nYours, the cook");
      await page.getByLabel("HTML").fill('<p style="color: rgb(200, 0, 0)">Soup</p>');
      await page.getByLabel("Attachments").setInputFiles(FILE);

      await press(tab, "Preview");
      expect(await page.locator("#result").textContent()).toContain(
        "a@example.com → zoe@example.com, grace@example.com, bob@example.com",
      );
      const shown = page.frameLocator("iframe").locator("p");
      expect(await shown.textContent()).toBe("Soup");
      expect(await shown.evaluate((element) => getComputedStyle(element).color)).toBe("rgb(200, 0, 0)");
      expect(await page.getByLabel("Source").textContent()).toContain("multipart/alternative");
      await expectAccessible(page);

      await press(tab, "JSON");
      const json = JSON.parse(await page.getByLabel("The message as JSON").inputValue());
      expect(json).toMatchObject({ connection: "main", attachments: [{ filename: FILE.name, encoding: "base64" }] });
      await expectAccessible(page);
      await page.getByLabel("The message as JSON").fill(JSON.stringify({ ...json, headers: { "X-Kept": "yes" } }));
      await press(tab, "Form");
      expect(await page.getByLabel("Subject").inputValue()).toBe("Today's menu ✓");
      await press(tab, "As code");
      expect(await page.getByLabel("With curl").textContent()).toContain("Today'\\''s menu");
      await press(tab, "Send");
      await page.waitForURL("**/message?*done=sent*");

      expect(smtp.received).toHaveLength(1);
      const [mail] = smtp.received;
      expect(mail?.envelope.to).toEqual(["zoe@example.com", "grace@example.com", "bob@example.com"]);
      const parsed = await simpleParser(Buffer.from(mail?.raw ?? []));
      expect(parsed).toMatchObject({ subject: "Today's menu ✓", text: "Soup.\n\nYours, the cook" });
      expect(parsed.headers.get("x-kept")).toBe("yes");
      expect(parsed.attachments).toMatchObject([{ filename: FILE.name, content: FILE.buffer }]);
      expect(trouble).toEqual([]);
    });

    test("loses nothing of a message that is refused, its files neither", async () => {
      const tab = await startConsole(start, {
        smtp: { refuseRecipient: { "gone@example.com": { code: 550, text: "No such user here" } } },
      });
      const { page, smtp, open } = tab;
      await open("compose?connection=main");
      await page.getByLabel("From").fill("a@example.com");
      await page.getByLabel("To", { exact: true }).fill("no address");
      await page.getByLabel("Text").fill("\n first line is empty");
      await page.getByLabel("Attachments").setInputFiles(FILE);
      await press(tab, "Send");
      expect(await page.getByLabel("To", { exact: true }).getAttribute("aria-invalid")).toBe("true");
      await expectAccessible(page);

      await page.getByLabel("To", { exact: true }).fill("gone@example.com");
      await press(tab, "Send");
      expect(await page.getByRole("alert").textContent()).toContain("No such user here");
      await page.getByLabel("To", { exact: true }).fill("b@example.com");
      await press(tab, "Send");
      await page.waitForURL("**/message?*done=sent*");
      const parsed = await simpleParser(Buffer.from(smtp.received[0]?.raw ?? []));
      expect(parsed.text).toBe("\n first line is empty");
      expect(parsed.attachments).toMatchObject([{ filename: FILE.name, content: FILE.buffer }]);
    });
  },
);
