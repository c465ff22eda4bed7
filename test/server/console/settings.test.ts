import { describe, expect, test } from "vitest";
import { CHROMIUM, whyNoChromium } from "../../support/chromium.ts";
import { ENTRIES } from "../entries.ts";
import { expectAccessible, startConsole } from "./browser.ts";

describe.skipIf(whyNoChromium !== undefined).each(ENTRIES)(
  `settings in the console, %s (skipped without ${CHROMIUM})`,
  (_, start) => {
    test("tell how the server was started, and lead to its reference", async () => {
      const { page, open, entry, trouble } = await startConsole(start, {
        variables: { EDGEPOST_RETENTION_DAYS: "7", EDGEPOST_RATE_LIMIT: "500/60s" },
      });
      await open("settings");
      const told = await page.locator("main").textContent();
      for (const fact of ["7 days", "500 in 60 s", "localhost", "25 MiB", "environment"]) expect(told).toContain(fact);
      await expectAccessible(page);
      await page.getByRole("link", { name: "API reference" }).click();
      await page.waitForURL(`${entry.url}/docs`);
      expect(trouble).toEqual([]);
    });

    test("show private hosts to nobody who could not name them", async () => {
      const { page, open, entry } = await startConsole(start, { signInWith: undefined });
      const { body } = await entry.request("POST", "/v1/keys", { name: "small", scopes: ["messages:send"] });
      await open("sign-in?next=settings");
      await page.getByLabel("API key").fill(body.token);
      await page.keyboard.press("Enter");
      await page.waitForURL("**/settings");
      expect(await page.locator("main").textContent()).not.toContain("localhost");
    });
  },
);
