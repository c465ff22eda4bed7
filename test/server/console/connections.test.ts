import { describe, expect, test } from "vitest";
import { CHROMIUM, whyNoChromium } from "../../support/chromium.ts";
import { testCertificates } from "../../support/tls.ts";
import { ENTRIES, LOGIN } from "../entries.ts";
import { expectAccessible, startConsole, type TestConsole } from "./browser.ts";

/** Fills in the form of a connection to the mail server of the test. */
async function fillIn(
  { page, smtp, entry }: TestConsole,
  fields: Readonly<Record<string, string>> = {},
): Promise<void> {
  await page.getByLabel("Name", { exact: true }).fill("team/alerts");
  await page.getByLabel("Host").fill("localhost");
  await page.getByLabel("Port").fill(String(smtp.port));
  await page.getByLabel("User name").fill(LOGIN.username);
  await page.getByLabel("Password").fill(LOGIN.password);
  await page.getByText("Certificates and other rare things").click();
  await page.getByLabel("Certificate authority").fill([entry.tls?.ca ?? []].flat().join("\n"));
  for (const [label, value] of Object.entries(fields)) await page.getByLabel(label).fill(value);
}

async function submit({ page }: TestConsole, name: string): Promise<void> {
  await Promise.all([page.waitForEvent("load"), page.getByRole("button", { name }).click()]);
}

describe.skipIf(whyNoChromium !== undefined).each(ENTRIES)(
  `connections in the console, %s (skipped without ${CHROMIUM})`,
  (_, start) => {
    test("are added, tested, used for a test message, changed, duplicated and deleted", async () => {
      const tab = await startConsole(start);
      const { page, smtp, trouble } = tab;
      await page.getByRole("link", { name: "Add a connection" }).click();
      await page.getByRole("link", { name: "Gmail" }).click();
      await page.waitForURL("**/connection-new?provider=gmail");
      expect(await page.getByLabel("Host").inputValue()).toBe("smtp.gmail.com");
      expect(await page.getByLabel("Port").inputValue()).toBe("465");
      expect(await page.locator("body").textContent()).toContain("app password");
      await expectAccessible(page);

      await page.getByRole("link", { name: "Another server" }).click();
      await page.waitForURL("**/connection-new");
      await fillIn(tab);
      await submit(tab, "Test without saving");
      expect(await page.getByRole("status").textContent()).toContain("These settings work. Nothing is saved yet.");
      expect(await page.locator(".stages strong").allInnerTexts()).toEqual([
        "Find the server",
        "Connect",
        "Encrypt",
        "Greet",
        "Log in",
      ]);
      await expectAccessible(page);
      await submit(tab, "Save");
      await page.waitForURL("**/connection?name=team%2Falerts&done=connection-created");
      await expectAccessible(page);

      await page.getByLabel("Recipient").fill("zoe@example.com");
      await page.getByLabel("Sender").fill("a@example.com");
      await submit(tab, "Test and send");
      expect(await page.getByRole("status").textContent()).toContain("on its way");
      expect((await smtp.waitFor(1))[0]?.envelope).toEqual({ from: "a@example.com", to: ["zoe@example.com"] });
      await page.getByRole("link", { name: "Back to the connection" }).click();
      await page.waitForURL("**/connection?name=*");
      expect(await page.locator("body").textContent()).toContain("works");
      expect(await page.content()).not.toContain(LOGIN.password);

      await page.getByRole("link", { name: "Edit" }).click();
      await page.waitForURL("**/connection-edit?*");
      expect(await page.getByLabel("Password").inputValue()).toBe("");
      await page.getByLabel("Default sender").fill("Acme <billing@acme.com>");
      await submit(tab, "Save");
      expect(await page.locator("body").textContent()).toContain("Acme <billing@acme.com>");
      await submit(tab, "Run the test");
      expect(await page.getByRole("status").textContent()).toContain("It works.");

      await tab.open("connection-new?like=team/alerts");
      await expectAccessible(page);
      expect(await page.getByLabel("Default sender").inputValue()).toBe("Acme <billing@acme.com>");
      await page.getByLabel("Name", { exact: true }).fill("team/copy");
      await page.getByLabel("Password").fill(LOGIN.password);
      await submit(tab, "Save");
      await page.getByText("Delete", { exact: true }).click();
      await submit(tab, "Delete team/copy");
      expect(await page.locator("table").textContent()).not.toContain("team/copy");
      expect(await page.locator("table").textContent()).toContain("team/alerts");
      await expectAccessible(page);
      expect(trouble).toEqual([]);
    });

    test("that do not work say what to do, and nothing that was typed is lost", async () => {
      const tab = await startConsole(start);
      const { page } = tab;
      await tab.open("connection-new");
      await fillIn(tab, { Password: "canary-not-the-one" });
      await submit(tab, "Test without saving");
      expect(await page.locator(".fails").textContent()).toContain("make an app password");
      expect(await page.getByLabel("Host").inputValue()).toBe("localhost");
      expect(await page.getByLabel("Password").inputValue()).toBe("canary-not-the-one");

      await page.getByLabel("Port").fill("25");
      await submit(tab, "Save");
      const alert = await page.getByRole("alert").textContent();
      expect(alert).toContain("Use 587 with STARTTLS, or 465 with TLS");
      expect(await page.getByLabel("Port").getAttribute("aria-invalid")).toBe("true");
      await expectAccessible(page);
    });
  },
);

describe.skipIf(whyNoChromium !== undefined)("a certificate for another name", () => {
  test("is told by its name, and by what to enter instead", async () => {
    const [[, startNode] = []] = ENTRIES;
    if (startNode === undefined) throw new Error("There is no entry.");
    const { wrongName } = await testCertificates();
    const tab = await startConsole(startNode, { smtp: { identity: wrongName } });
    await tab.open("connection-new");
    await fillIn(tab);
    await submit(tab, "Test without saving");
    const advice = await tab.page.locator(".fails").textContent();
    expect(advice).toContain("mail.elsewhere.example");
    await tab.page.getByLabel("Certificate name").fill("mail.elsewhere.example");
    await submit(tab, "Test without saving");
    expect(await tab.page.getByRole("status").textContent()).toContain("These settings work.");
  });
});
