import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { CHROMIUM, whyNoChromium } from "../../support/chromium.ts";
import { MESSAGE, TOKEN, testEndpoint } from "../endpoint.ts";
import { ENTRIES, LOGIN } from "../entries.ts";
import { startConsole, type TestConsole } from "./browser.ts";

// What strangers wrote is shown on many pages: mail servers their replies, senders their subjects, HTML and file names.

/** Closes whatever it may stand in, and would say so if it ran or loaded anything. */
const EVIL = `'"></title></textarea></pre></script><script>alert(1)</script><img src=https://evil.example/x onerror=alert(2)><a href="javascript:alert(3)" onfocus=alert(4) autofocus>`;
const EVIL_HTML = `${EVIL}<style>@import "https://evil.example/style"; body { background: url(https://evil.example/b) }</style>
  <meta http-equiv="refresh" content="0;url=https://evil.example/r"><iframe src="https://evil.example/f"></iframe>
  <form action="https://evil.example/p"><button>Press</button></form><svg onload=alert(5)></svg>
  <link rel="stylesheet" href="https://evil.example/l"><base target="_top" href="https://evil.example/"><a id="away" href="https://evil.example/away" target="_top">away</a>`;

/** What the policy refuses is told on the console; anything else there is a script that ran, or failed to. */
function ranOrLoaded({ trouble }: TestConsole): readonly string[] {
  return trouble.filter((line) => !/Content Security Policy|Blocked script execution|sandbox|status of 404/.test(line));
}

describe.skipIf(whyNoChromium !== undefined).each(ENTRIES)(
  `what is hostile is shown and does nothing, %s (skipped without ${CHROMIUM})`,
  (_, start) => {
    test("in a message and its preview", async () => {
      const tab = await startConsole(start);
      const { page, open } = tab;
      await open("compose?connection=main");
      await page.getByLabel("From").fill("a@example.com");
      await page.getByLabel("To", { exact: true }).fill("b@example.com");
      await page.getByLabel("Subject").fill(EVIL);
      await page.getByLabel("Text").fill(EVIL);
      await page.getByLabel("HTML").fill(EVIL_HTML);
      await page
        .getByLabel("Attachments")
        .setInputFiles({ name: `${EVIL}.txt`.replaceAll("/", "∕"), mimeType: "text/plain", buffer: Buffer.from(EVIL) });
      for (const name of ["Preview", "JSON", "As code", "Form", "Preview"]) {
        await Promise.all([page.waitForEvent("load"), page.getByRole("button", { name, exact: true }).click()]);
      }
      expect(await page.getByLabel("As text").textContent()).toBe(EVIL);
      // What stands in the frame cannot lead the page away.
      await page.frameLocator("iframe").locator("#away").click({ force: true, noWaitAfter: true });
      expect(await page.getByLabel("Subject").inputValue()).toBe(EVIL);
      await page.getByRole("button", { name: "Send", exact: true }).click();
      await page.waitForURL("**/message?*done=sent*");
      expect(await page.locator("h1").textContent()).toBe(EVIL);
      expect(await page.title()).toContain(EVIL);
      await open("messages");
      expect(await page.locator("tbody a").textContent()).toBe(EVIL);
      expect(ranOrLoaded(tab)).toEqual([]);
    });

    test("in what a mail server says, in names and in addresses", async () => {
      const text = EVIL.replaceAll(/[\r\n]/g, "");
      const tab = await startConsole(start, {
        smtp: { refuseRecipient: { "gone@example.com": { code: 550, text } }, refuseMessage: { code: 554, text } },
      });
      const { page, open, entry } = tab;
      const { body } = await entry.request("POST", "/v1/keys", { name: EVIL.slice(0, 100), scopes: ["messages:send"] });
      expect(body.name).toBe(EVIL.slice(0, 100));
      const from = { name: EVIL, address: "a@example.com" };
      await entry.request("POST", "/v1/messages", {
        ...MESSAGE,
        from,
        to: ["gone@example.com", `"<script>alert(6)</script>"@example.com`],
      });
      await entry.request("POST", "/v1/messages", { ...MESSAGE, to: "gone@example.com" });
      const smtp = { host: "localhost", port: tab.smtp.port, ...(entry.tls && { tls: entry.tls }) };
      const auth = { username: EVIL, password: LOGIN.password };
      await entry.request("POST", "/v1/connections", { name: "evil", ...smtp, auth, defaults: { from } });

      await open("keys");
      expect(await page.locator("tbody strong").allTextContents()).toContain(EVIL.slice(0, 100));
      await open("messages");
      const pages = await page
        .locator("tbody a")
        .evaluateAll((links) => links.map((link) => link.getAttribute("href") ?? ""));
      for (const name of pages) {
        await open(name);
        expect(await page.locator("main").textContent()).toContain(text);
      }
      for (const name of [
        "connection?name=evil",
        "connection-edit?name=evil",
        "connection-new?like=evil",
        "connections",
      ])
        await open(name);
      for (const name of ["messages", "connection", "message", "sign-in", "connection-new", "compose"]) {
        const query = new URLSearchParams({
          name: EVIL,
          id: EVIL,
          next: EVIL,
          done: EVIL,
          provider: EVIL,
          connection: EVIL,
          recipient: EVIL,
        });
        await open(`${name}?${query}`);
      }
      expect(ranOrLoaded(tab)).toEqual([]);
    });
  },
);

test.skipIf(whyNoChromium !== undefined)("it would be noticed, on a page without a policy", async () => {
  const [[, startNode] = []] = ENTRIES;
  if (startNode === undefined) throw new Error("There is no entry.");
  const tab = await startConsole(startNode, { signInWith: undefined });
  await tab.page.setContent(EVIL.replace(/^.*?<script>/, "<script>"));
  expect(ranOrLoaded(tab)).toEqual(expect.arrayContaining(["dialog: 1", "dialog: 2", "asked: https://evil.example/x"]));
});

describe("a form", () => {
  async function session(): Promise<{ readonly app: ReturnType<typeof testEndpoint>["app"]; readonly cookie: string }> {
    const { app } = testEndpoint({ console: true });
    const body = new FormData();
    body.append("key", TOKEN);
    const signedIn = await app.request("/console/sign-in", {
      method: "POST",
      body,
      headers: { "sec-fetch-site": "same-origin" },
    });
    return { app, cookie: signedIn.headers.get("set-cookie")?.split(";")[0] ?? "" };
  }

  /** Every page that takes one, as the sources have it. */
  const actions = [
    "connection-new",
    "connection-edit",
    "connection-test",
    "connection-delete",
    "keys",
    "key-revoke",
    "compose",
  ];

  test.each(actions)("of another site is refused by %s, with and without a session's own token", async (action) => {
    const { app, cookie } = await session();
    const page = await (await app.request("/console/settings", { headers: { cookie } })).text();
    const [, token = ""] = /name="token" value="([^"]+)"/.exec(page) ?? [];
    expect(token).toHaveLength(24);
    const post = async (fields: Readonly<Record<string, string>>, headers: Readonly<Record<string, string>>) => {
      const body = new FormData();
      for (const [name, value] of Object.entries(fields)) body.append(name, value);
      return (await app.request(`/console/${action}`, { method: "POST", body, headers: { cookie, ...headers } }))
        .status;
    };
    const ours = { "sec-fetch-site": "same-origin" };
    expect(await post({ token }, { "sec-fetch-site": "cross-site" })).toBe(403);
    expect(await post({ token }, {})).toBe(403);
    expect(await post({}, ours)).toBe(403);
    expect(await post({ token: `${token.slice(0, -1)}!` }, ours)).toBe(403);
    expect(await post({ token }, ours)).not.toBe(403);
  });

  test("larger than a request may be is refused, and the page says so", async () => {
    const { app } = testEndpoint({ console: true, limits: { maxBodyBytes: 1000 } });
    const body = new FormData();
    body.append("key", "x".repeat(2000));
    const response = await app.request("/console/sign-in", {
      method: "POST",
      body,
      headers: { "sec-fetch-site": "same-origin" },
    });
    expect(response.status).toBe(413);
    expect(response.headers.get("content-type")).toContain("text/html");
  });
});

test("every answer of the console has the strict policy, and runs no script written into a page", async () => {
  const { app } = testEndpoint({ console: true });
  for (const page of ["sign-in", "settings", "style.css", "no-such-page"]) {
    const { headers } = await app.request(`/console/${page}`);
    expect(headers.get("content-security-policy"), page).toMatch(
      /^default-src 'none'; style-src 'self'; script-src 'self'/,
    );
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("x-frame-options")).toBe("DENY");
  }
  const script = await (await app.request("/console/script.js")).text();
  expect(script.length).toBeLessThan(10_000);
  expect(script).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval/);
});

test("no page writes what it is given anywhere but through the template that escapes it", () => {
  const { readdirSync } = process.getBuiltinModule("node:fs");
  const folder = new URL("../../../packages/server/src/console/", import.meta.url);
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));
  const users = files.filter((name) => /\braw\(|dangerously/.test(readFileSync(new URL(name, folder), "utf8")));
  expect(users).toEqual([]);
});
