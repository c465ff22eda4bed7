import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { CHROMIUM, whyNoChromium } from "../../support/chromium.ts";
import { ENTRIES } from "../entries.ts";
import { expectAccessible, startConsole } from "./browser.ts";

const run = promisify(execFile);

describe.skipIf(whyNoChromium !== undefined).each(ENTRIES)(
  `API keys in the console, %s (skipped without ${CHROMIUM})`,
  (_, start) => {
    test("are made, shown once with a command that sends, and revoked", async () => {
      const { page, smtp, open, entry, trouble } = await startConsole(start);
      await open("keys");
      await expectAccessible(page);
      await page.getByLabel("Name").fill("billing");
      await page.getByRole("button", { name: "Make a key" }).click();
      const token = await page.getByLabel("API key billing").textContent();
      expect(token).toMatch(/^ep_[0-9a-f]{16}_/);
      await expectAccessible(page);

      const command = (await page.getByLabel("With curl").textContent()) ?? "";
      expect(command).toContain(`${entry.url}/v1/messages`);
      const { stdout } = await run("sh", ["-c", `${command} --silent --noproxy '*'`]);
      expect(JSON.parse(stdout)).toMatchObject({ success: true });
      expect(await smtp.waitFor(1)).toMatchObject([{ envelope: { to: ["you@example.com"] } }]);
      expect(await page.getByLabel("With the TypeScript SDK").textContent()).toContain(`apiKey: "${token}"`);

      await page.getByRole("link", { name: "I have copied it" }).click();
      await page.getByRole("heading", { name: "API keys" }).waitFor();
      expect(await page.content()).not.toContain(token);
      const row = page.getByRole("row", { name: "billing" });
      expect(await row.textContent()).toContain("send messages");
      expect(await row.textContent()).not.toContain("manage keys");
      expect(await row.locator("time").count()).toBe(1);
      await expectAccessible(page);
      await page.getByRole("button", { name: "Revoke billing" }).click();
      await page.waitForURL("**/keys?done=key-revoked");
      expect(await page.getByRole("row", { name: "billing" }).count()).toBe(0);
      const refused = await fetch(`${entry.url}/v1/messages`, { headers: { authorization: `Bearer ${token}` } });
      expect(refused.status).toBe(401);
      expect(trouble).toEqual([]);
    });

    test("with less than they need are refused, and what was typed stays", async () => {
      const { page, open } = await startConsole(start);
      await open("keys");
      await page.getByLabel("Name").fill("billing");
      for (const scope of ["send messages", "use stored connections"]) await page.getByLabel(scope).uncheck();
      await page.getByRole("button", { name: "Make a key" }).click();
      expect(await page.getByRole("alert").textContent()).toContain("scopes");
      expect(await page.getByLabel("Name").inputValue()).toBe("billing");
    });
  },
);

describe.skipIf(whyNoChromium !== undefined)("a small key", () => {
  test("sees what it may use, and is offered nothing else", async () => {
    const [[, startNode] = []] = ENTRIES;
    if (startNode === undefined) throw new Error("There is no entry.");
    const { entry, page, open } = await startConsole(startNode, { signInWith: undefined });
    const scopes = ["messages:send", "connections:use"];
    const { body } = await entry.request("POST", "/v1/keys", { name: "small", scopes });
    await open("sign-in");
    await page.getByLabel("API key").fill(body.token);
    await page.keyboard.press("Enter");
    await page.waitForURL("**/connections");
    expect(await page.getByRole("navigation").getByRole("link").allTextContents()).toEqual([
      "Connections",
      "Compose",
      "Settings",
    ]);
    expect(await page.getByRole("link", { name: "Add a connection" }).count()).toBe(0);
    for (const name of ["keys", "messages", "connection-new", "connection-edit?name=main"]) {
      await open(name);
      expect(await page.getByRole("alert").textContent(), name).toContain("may not do that");
    }
  });
});
