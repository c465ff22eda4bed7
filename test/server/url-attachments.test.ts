import type { lookup } from "node:dns";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { isPublic } from "../../packages/server/src/connections/host-policy.ts";
import { createCheckedFetch } from "../../packages/server/src/node/checked-fetch.ts";
import { testCertificates } from "../support/tls.ts";
import { MESSAGE, type TestEndpointOptions, TOKEN, testEndpoint } from "./endpoint.ts";

const DNS: Record<string, readonly string[]> = {
  "files.example.com": ["93.184.216.34"],
  "inside.example.com": ["10.0.0.5"],
  "half.example.com": ["93.184.216.34", "127.0.0.1"],
};
const resolve = async (host: string) => DNS[host] ?? Promise.reject(new Error("ENOTFOUND"));

function withFiles(files: Record<string, () => Response>, options: TestEndpointOptions = {}) {
  const fetched: string[] = [];
  const endpoint = testEndpoint({
    hosts: { resolve },
    fetch: async (input) => {
      fetched.push(String(input));
      return files[String(input)]?.() ?? new Response(null, { status: 404 });
    },
    ...options,
  });
  return { ...endpoint, fetched };
}

const attach = (url: string) => ({ ...MESSAGE, attachments: [{ filename: "a.bin", url }] });

test("a file from a public host is fetched and sent", async () => {
  const { ask, sent } = withFiles({ "https://files.example.com/a": () => new Response("content") });
  const { status, body } = await ask("POST", "/v1/messages", attach("https://files.example.com/a"));
  expect(status, JSON.stringify(body)).toBe(200);
  expect(new TextDecoder().decode(await sent[0]?.bytes())).toContain(btoa("content"));
});

test("a key without the scope may not make the server fetch anything", async () => {
  const { ask, fetched } = withFiles(
    { "https://files.example.com/a": () => new Response("content") },
    { keys: [{ name: "k", token: TOKEN, scopes: ["messages:send", "connections:use"] }] },
  );
  const { status, headers } = await ask("POST", "/v1/messages", attach("https://files.example.com/a"));
  expect(status).toBe(403);
  expect(headers.get("www-authenticate")).toContain('scope="attachments:url"');
  expect(fetched).toEqual([]);
});

describe("is never fetched:", () => {
  test.each([
    "http://files.example.com/a",
    "https://user:password@files.example.com/a",
    "https://127.0.0.1/a",
    "https://2130706433/a",
    "https://0x7f.1/a",
    "https://0177.0.0.1/a",
    "https://127.1/a",
    "https://１２７.0.0.1/a",
    "https://[::1]/a",
    "https://[::ffff:127.0.0.1]/a",
    "https://[64:ff9b::7f00:1]/a",
    "https://[fd00:ec2::254]/a",
    "https://169.254.169.254/latest/meta-data",
    "https://metadata.google.internal/",
    "https://localhost/a",
    "https://inside.example.com/a",
    "https://half.example.com/a",
    "https://nobody.example.com/a",
    "file:///etc/passwd",
    "data:text/plain,hello",
    "not a url",
  ])("%s", async (url) => {
    const { ask, fetched, sent } = withFiles({});
    const { status } = await ask("POST", "/v1/messages", attach(url));
    // What can be said of the URL alone is an issue; what DNS says is found when it is fetched.
    expect(status).toBe(/(inside|half|nobody)\.example/.test(url) ? 424 : 422);
    expect(fetched).toEqual([]);
    expect(sent).toEqual([]);
  });

  test.each(["https://127.0.0.1/a", "https://inside.example.com/a", "http://files.example.com/b", "//[::1]/"])(
    "%s, where a public host redirects",
    async (location) => {
      const { ask, fetched, sent } = withFiles({
        "https://files.example.com/a": () => new Response(null, { status: 302, headers: { location } }),
      });
      const { status, body } = await ask("POST", "/v1/messages", attach("https://files.example.com/a"));
      expect(status).toBe(424);
      expect(body).toMatchObject({ code: "attachment-failed" });
      expect(fetched).toEqual(["https://files.example.com/a"]);
      expect(sent).toEqual([]);
    },
  );
});

test("a file larger than a message may be is given up", async () => {
  const endless = () =>
    new Response(new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(10_000)) }));
  const { ask, sent } = withFiles({ "https://files.example.com/a": endless }, { limits: { maxMessageBytes: 100_000 } });
  const { status } = await ask("POST", "/v1/messages", attach("https://files.example.com/a"));
  expect(status).toBe(413);
  expect(sent).toEqual([]);
});

test("files that are too large together are given up while they arrive", async () => {
  const large = () => new Response(new Uint8Array(60_000));
  const { ask, sent } = withFiles({ "https://files.example.com/a": large }, { limits: { maxMessageBytes: 100_000 } });
  const attachments = [1, 2, 3].map((index) => ({ filename: `${index}.bin`, url: "https://files.example.com/a" }));
  const { status, body } = await ask("POST", "/v1/messages", { ...MESSAGE, attachments });
  expect(status).toBe(413);
  expect(body.code).toBe("message-too-large");
  expect(sent).toEqual([]);
});

describe("the fetch of the Node entry", () => {
  async function fileServer() {
    const { server: identity, ca } = await testCertificates();
    const server = createServer({ key: identity.key, cert: identity.cert }, (request, response) => {
      if (request.url === "/redirect") response.writeHead(302, { location: "https://127.0.0.1/" }).end();
      else response.writeHead(200, { "content-type": "text/plain" }).end("content");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    return { port: (server.address() as AddressInfo).port, ca };
  }

  /** A name server that answers as it is told. */
  const answers = (...addresses: string[]) =>
    ((_host: string, _options: object, callback: (error: null, all: { address: string; family: number }[]) => void) =>
      callback(
        null,
        addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 })),
      )) as unknown as typeof lookup;

  test("connects to the address it looked up, and checks the certificate for the name", async () => {
    const { port, ca } = await fileServer();
    const fetch = createCheckedFetch({ mayConnectTo: () => true, lookup: answers("127.0.0.1"), ca });
    const response = await fetch(`https://localhost:${port}/`);
    expect(response.headers.get("content-type")).toBe("text/plain");
    expect(await response.text()).toBe("content");
    await expect(fetch(`https://files.example.com:${port}/`)).rejects.toMatchObject({
      code: "ERR_TLS_CERT_ALTNAME_INVALID",
    });
  });

  test("follows no redirect", async () => {
    const { port, ca } = await fileServer();
    const fetch = createCheckedFetch({ mayConnectTo: () => true, lookup: answers("127.0.0.1"), ca });
    const response = await fetch(`https://localhost:${port}/redirect`);
    expect(response.status).toBe(302);
    expect(response.headers.get("location")).toBe("https://127.0.0.1/");
    await response.body?.cancel();
  });

  test.each([
    ["a name that points inside by now", "https://files.example.com/", ["127.0.0.1"]],
    ["a name that points inside too", "https://files.example.com/", ["93.184.216.34", "::1"]],
    ["a name without any address", "https://files.example.com/", []],
    ["an address written as one", "https://127.0.0.1/", []],
    ["an IPv6 address written as one", "https://[::1]/", []],
  ])("never connects to %s", async (_what, url, addresses) => {
    const fetch = createCheckedFetch({ mayConnectTo: isPublic, lookup: answers(...addresses) });
    await expect(fetch(url)).rejects.toThrow(/not one of the public internet|has no address/);
  });

  test("ends when it is aborted", async () => {
    const controller = new AbortController();
    controller.abort();
    const fetch = createCheckedFetch({ mayConnectTo: () => true, lookup: answers("127.0.0.1") });
    await expect(fetch("https://files.example.com/", { signal: controller.signal })).rejects.toThrow(/abort/i);
  });
});
