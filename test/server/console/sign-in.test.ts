import { describe, expect, test } from "vitest";
import { CHROMIUM, whyNoChromium } from "../../support/chromium.ts";
import { MESSAGE, TOKEN, testEndpoint } from "../endpoint.ts";
import { ENTRIES } from "../entries.ts";
import { expectAccessible, signIn, startConsole } from "./browser.ts";

const ORIGIN = "http://localhost";

function form(fields: Readonly<Record<string, string>>): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  return form;
}

describe.skipIf(whyNoChromium !== undefined).each(ENTRIES)(
  `signing in, %s (skipped without ${CHROMIUM})`,
  (_, start) => {
    test("leads to what was asked for, by keyboard alone, and signing out ends it", async () => {
      const { page, open, trouble } = await startConsole(start, { signInWith: undefined });
      await open("settings");
      expect(await page.title()).toBe("Sign in · edgepost");
      await expectAccessible(page);
      await page.keyboard.press("Tab");
      expect(await page.locator(":focus").textContent()).toBe("Skip to the content");
      await page.keyboard.press("Tab");
      await page.keyboard.press("Tab");
      await page.keyboard.type(TOKEN);
      await page.keyboard.press("Enter");
      await page.waitForURL("**/console/settings");
      await page.getByRole("button", { name: "Sign out" }).click();
      await page.waitForURL("**/console/sign-in");
      await open("settings");
      expect(await page.title()).toBe("Sign in · edgepost");
      expect(trouble).toEqual([]);
    });

    test("with a key that is none says so, and lets nobody in", async () => {
      const { page, open } = await startConsole(start, { signInWith: undefined });
      await open("sign-in");
      await signIn(page, "no-such-key-as-this-one-0123456789abcdef");
      expect(await page.locator("#key-error").textContent()).toContain("not known here");
      expect(await page.context().cookies()).toEqual([]);
    });

    test("leaves a cookie no script reads and no other site sends, for the console alone", async () => {
      const { page } = await startConsole(start);
      expect(await page.context().cookies()).toMatchObject([
        { name: "edgepost-console", httpOnly: true, sameSite: "Strict", path: "/console", secure: false },
      ]);
      expect(JSON.stringify(await page.context().cookies())).not.toContain(TOKEN);
    });
  },
);

describe("a session", () => {
  const endpoint = (options = {}) => testEndpoint({ console: true, ...options });

  async function signInTo({ app }: ReturnType<typeof testEndpoint>, key = TOKEN, headers = {}): Promise<Response> {
    const init = { method: "POST", body: form({ key }), headers: { "sec-fetch-site": "same-origin", ...headers } };
    return app.request("/console/sign-in", init);
  }

  function cookieOf(response: Response): string {
    return response.headers.get("set-cookie")?.split(";")[0] ?? "";
  }

  test("is marked for https where the browser came by it, also to a proxy in front", async () => {
    const response = await signInTo(endpoint(), TOKEN, { "x-forwarded-proto": "https" });
    expect(response.headers.get("set-cookie")).toMatch(/; HttpOnly; SameSite=Strict; Secure$/);
  });

  test("ends after twelve hours", async () => {
    let now = Date.parse("2026-01-01T00:00:00Z");
    const console = endpoint({ clock: () => new Date(now) });
    const cookie = cookieOf(await signInTo(console));
    const visit = () => console.app.request("/console/settings", { headers: { cookie } });
    expect((await visit()).status).toBe(200);
    now += 12 * 60 * 60 * 1000;
    expect((await visit()).headers.get("location")).toBe("sign-in?next=settings");
  });

  test("ends with its key", async () => {
    const console = endpoint();
    const { body } = await console.ask("POST", "/v1/keys", { name: "short", scopes: ["messages:read"] });
    const cookie = cookieOf(await signInTo(console, body.token));
    const visit = () => console.app.request("/console/settings", { headers: { cookie } });
    expect((await visit()).status).toBe(200);
    await console.ask("DELETE", `/v1/keys/${body.id}`);
    expect((await visit()).status).toBe(303);
  });

  test("is nothing one can make up, or bring from elsewhere", async () => {
    const console = endpoint();
    const cookie = cookieOf(await signInTo(console));
    const other = cookieOf(await signInTo(endpoint()));
    for (const forged of [`${cookie.slice(0, -4)}AAAA`, other, "edgepost-console=", "edgepost-console=v1.a.b.c"]) {
      const response = await console.app.request("/console/settings", { headers: { cookie: forged } });
      expect(response.status, forged).toBe(303);
    }
  });

  test("opens the console and not the API", async () => {
    const console = endpoint();
    const headers = { cookie: cookieOf(await signInTo(console)), "content-type": "application/json" };
    const response = await console.app.request("/v1/messages", {
      method: "POST",
      headers,
      body: JSON.stringify(MESSAGE),
    });
    expect(response.status).toBe(401);
  });

  test.each([
    ["another site", { "sec-fetch-site": "cross-site" }],
    ["a neighbour under the same domain", { "sec-fetch-site": "same-site" }],
    ["another origin, where the browser says no more", { origin: "https://evil.example" }],
    ["nowhere", { origin: "null" }],
  ])("is not begun or ended by a form from %s", async (_, headers) => {
    const { app } = endpoint();
    for (const page of ["sign-in", "sign-out"]) {
      const body = form({ key: TOKEN });
      const response = await app.request(`${ORIGIN}/console/${page}`, { method: "POST", body, headers });
      expect(response.status).toBe(403);
      expect(response.headers.get("set-cookie")).toBeNull();
    }
  });

  test("begins over plain http by the origin alone", async () => {
    const { app } = endpoint();
    const init = { method: "POST", body: form({ key: TOKEN }), headers: { origin: ORIGIN } };
    expect((await app.request(`${ORIGIN}/console/sign-in`, init)).status).toBe(303);
  });

  test("leads to a page of the console and nowhere else", async () => {
    const { app } = endpoint();
    for (const next of [
      "//evil.example",
      "https://evil.example",
      "javascript:alert(1)",
      "/v1",
      "..\\x",
      "messages/../..",
    ]) {
      const init = { method: "POST", body: form({ key: TOKEN, next }), headers: { origin: ORIGIN } };
      expect((await app.request(`${ORIGIN}/console/sign-in`, init)).headers.get("location")).toBe("home");
    }
  });

  test("is refused to who tries too often, and to nobody else", async () => {
    const console = endpoint();
    const tries = async (address: string) => (await signInTo(console, "x", { "cf-connecting-ip": address })).status;
    for (let time = 0; time < 10; time++) expect(await tries("192.0.2.1")).toBe(401);
    const refused = await signInTo(console, TOKEN, { "cf-connecting-ip": "192.0.2.1" });
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(await tries("192.0.2.2")).toBe(401);
  });

  test("counts the requests of its key", async () => {
    const console = endpoint({ rateLimit: { requests: 2, perMs: 60_000 } });
    const cookie = cookieOf(await signInTo(console));
    const visit = async () => (await console.app.request("/console/settings", { headers: { cookie } })).status;
    expect([await visit(), (await console.ask("GET", "/v1/messages")).status, await visit()]).toEqual([200, 200, 429]);
  });

  test("asks for nothing by a path of its own, and so works under any prefix", async () => {
    const { app } = endpoint();
    expect((await app.request("/console")).headers.get("location")).toBe("console/sign-in");
    expect((await app.request("/console/")).headers.get("location")).toBe("sign-in");
    expect(await (await app.request("/console/sign-in")).text()).not.toMatch(/(?:href|src|action)="\//);
  });
});

test("there is no console unless it was asked for", async () => {
  expect((await testEndpoint().app.request("/console/sign-in")).status).toBe(404);
});
