import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { UrlPolicy } from "@edgepost/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Attachment } from "../../../packages/core/src/message/message.ts";
import { parseMessage } from "../../../packages/core/src/message/normalize.ts";
import { issuesOf } from "../../support/issues.ts";
import { CONTEXT, MESSAGE } from "./message.ts";

/** A real HTTP server, reached in place of every host: names and addresses are judged, and never dialled. */
const routes = new Map<string, (request: IncomingMessage, response: ServerResponse) => void>();
const requested: string[] = [];
const server = createServer((request, response) => {
  requested.push(`${request.headers["x-host"]}${request.url}`);
  const route = routes.get(new URL(request.url ?? "", "http://x").pathname);
  if (route === undefined) response.writeHead(404).end();
  else route(request, response);
});
let origin = "";

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const fetchHere: typeof fetch = (url, init) => {
  const { pathname, search, host } = new URL(String(url));
  return fetch(`${origin}${pathname}${search}`, { ...init, headers: { "x-host": host } });
};
const PUBLIC: UrlPolicy = { fetch: fetchHere, resolve: async () => ["93.184.216.34", "2606:2800:220:1::1"] };

function parseUrl(url: string | URL, policy: UrlPolicy = PUBLIC): Attachment {
  const [attachment] = parseMessage(
    { ...MESSAGE, attachments: [{ url }] },
    { ...CONTEXT, attachments: { url: policy } },
  ).attachments;
  if (attachment === undefined) throw new Error("no attachment");
  return attachment;
}

async function read(attachment: Attachment, signal?: AbortSignal): Promise<string> {
  if (attachment.content.kind === "bytes") throw new Error("not a stream");
  return new Response(await attachment.content.open({ signal })).text();
}

const redirect =
  (location: string, status = 302) =>
  (_: IncomingMessage, response: ServerResponse) => {
    response.writeHead(status, { location }).end("moved");
  };

describe("a URL", () => {
  it("is fetched when the message is sent, and again for a second attempt", async () => {
    routes.set("/a%20report.pdf", (_, response) => response.end("a report"));
    const before = requested.length;
    const attachment = parseUrl("https://files.example/a%20report.pdf?signature=secret");
    expect(attachment).toMatchObject({
      filename: "a report.pdf",
      contentType: "application/pdf",
      content: { once: false },
    });
    expect(requested.length).toBe(before);
    expect([await read(attachment), await read(attachment)]).toEqual(["a report", "a report"]);
    expect(requested.slice(before)).toEqual(new Array(2).fill("files.example/a%20report.pdf?signature=secret"));
  });

  it("may be a URL object, and of a host nobody resolves", async () => {
    routes.set("/x", (_, response) => response.end("x"));
    expect(await read(parseUrl(new URL("https://files.example/x"), { fetch: fetchHere, resolve: "platform" }))).toBe(
      "x",
    );
    expect(await read(parseUrl("https://93.184.216.34/x", { fetch: fetchHere, resolve: "platform" }))).toBe("x");
  });

  it.each([301, 302, 303, 307, 308])("is followed through a redirect of %i", async (status) => {
    routes.set("/from", redirect("https://other.example/to", status));
    routes.set("/to", (_, response) => response.end("there"));
    expect(await read(parseUrl("https://files.example/from"))).toBe("there");
    expect(requested.at(-1)).toBe("other.example/to");
  });

  it("is followed through three redirects and no further", async () => {
    routes.set("/3", redirect("/2"));
    routes.set("/2", redirect("/1"));
    routes.set("/1", redirect("/0"));
    routes.set("/0", (_, response) => response.end("there"));
    routes.set("/4", redirect("/3"));
    expect(await read(parseUrl("https://files.example/3"))).toBe("there");
    await expect(read(parseUrl("https://files.example/4"))).rejects.toMatchObject({
      code: "attachment-failed",
      retryable: false,
    });
  });
});

describe("is an issue at the door:", () => {
  it.each([
    ["clear text", "http://files.example/x"],
    ["a file", "file:///etc/passwd"],
    ["a data: URL", "data:text/plain,x"],
    ["credentials", "https://ada:secret@files.example/x"],
    ["localhost", "https://localhost/x"],
    ["a name under localhost", "https://a.localhost./x"],
    ["the metadata service by name", "https://metadata.google.internal/computeMetadata/v1/"],
    ["a printer", "https://printer.local/"],
    ["loopback", "https://127.0.0.1/x"],
    ["loopback in short", "https://127.1/x"],
    ["loopback as one number", "https://2130706433/x"],
    ["loopback in octal", "https://0177.0.0.1/x"],
    ["loopback in hexadecimal", "https://0x7f000001/x"],
    ["loopback in fullwidth digits", "https://１２７.0.0.1/x"],
    ["loopback, percent-encoded", "https://%31%32%37.0.0.1/x"],
    ["IPv6 loopback", "https://[::1]/x"],
    ["an IPv4-mapped address", "https://[::ffff:10.0.0.1]/x"],
    ["a NAT64 address", "https://[64:ff9b::a00:1]/x"],
    ["a 6to4 address", "https://[2002:a00:1::]/x"],
    ["the metadata service", "https://169.254.169.254/latest/meta-data/"],
    ["a private address", "https://192.168.1.1/x"],
  ])("%s", (_what, url) => {
    const issues = issuesOf(() => parseUrl(url));
    expect(issues.map(({ path }) => path)).toEqual(["attachments[0].url"]);
    expect(JSON.stringify(issues)).not.toContain("secret");
  });
});

describe("fails without a connection to the wrong place:", () => {
  it("a policy that does not say who looks names up", () => {
    const unchecked = { fetch: fetchHere } as unknown as UrlPolicy;
    expect(() => parseUrl("https://files.example/x", unchecked)).toThrow("needs `resolve` in its policy");
  });

  it.each<[story: string, policy: UrlPolicy]>([
    ["a name that resolves to a private address", { ...PUBLIC, resolve: async () => ["10.0.0.1"] }],
    ["a name of which one address is private", { ...PUBLIC, resolve: async () => ["93.184.216.34", "::1"] }],
    ["a name that resolves to nothing", { ...PUBLIC, resolve: async () => [] }],
    ["a name that resolves to garbage", { ...PUBLIC, resolve: async () => ["files.example"] }],
  ])("%s", async (_story, policy) => {
    const before = requested.length;
    await expect(read(parseUrl("https://files.example/x", policy))).rejects.toMatchObject({
      code: "attachment-failed",
      retryable: false,
    });
    expect(requested.length).toBe(before);
  });

  it.each([
    ["a private address", "https://10.0.0.1/x"],
    ["clear text", "http://files.example/x"],
    ["a URL with credentials", "https://ada:secret@files.example/x"],
    ["another scheme", "file:///etc/passwd"],
    ["a name that is private", "https://inside.example/x"],
    ["no URL", "https://["],
  ])("a redirect to %s", async (_where, location) => {
    routes.set("/away", redirect(location));
    const resolve = async (host: string) => [host === "inside.example" ? "fd00::1" : "93.184.216.34"];
    const before = requested.length;
    await expect(read(parseUrl("https://files.example/away", { ...PUBLIC, resolve }))).rejects.toMatchObject({
      code: "attachment-failed",
    });
    expect(requested.slice(before)).toEqual(["files.example/away"]);
  });
});

describe("fails as attachment-failed with the URL and the reason:", () => {
  it.each<[story: string, status: number, retryable: boolean]>([
    ["what is not there", 404, false],
    ["what is not allowed", 403, false],
    ["what is nothing", 204, false],
    ["a server in trouble", 503, true],
    ["a server with too many guests", 429, true],
  ])("%s", async (_story, status, retryable) => {
    routes.set("/status", (_, response) => response.writeHead(status).end());
    await expect(read(parseUrl("https://files.example/status?signature=secret"))).rejects.toMatchObject({
      code: "attachment-failed",
      phase: "body",
      retryable,
      message: `The attachment https://files.example/status could not be fetched: the server answered ${status}`,
    });
  });

  it("a redirect to nowhere", async () => {
    routes.set("/nowhere", (_, response) => response.writeHead(302).end());
    await expect(read(parseUrl("https://files.example/nowhere"))).rejects.toThrow("the server answered 302");
  });

  it("a body that says it is too large, and one that is", async () => {
    const policy = { ...PUBLIC, maxBytes: 10 };
    routes.set("/large", (_, response) => response.writeHead(200, { "content-length": "11" }).end("12345678901"));
    routes.set("/chunked", (_, response) => {
      response.write("12345");
      response.end("678901");
    });
    routes.set("/fits", (_, response) => response.end("1234567890"));
    await expect(read(parseUrl("https://files.example/large", policy))).rejects.toThrow("larger than 10 bytes");
    await expect(read(parseUrl("https://files.example/chunked", policy))).rejects.toMatchObject({
      code: "attachment-failed",
      retryable: false,
    });
    expect(await read(parseUrl("https://files.example/fits", policy))).toBe("1234567890");
  });

  it("a server that never answers, and one that never ends", async () => {
    routes.set("/never", () => {});
    routes.set("/endless", (_, response) => response.write("x"));
    const policy = { ...PUBLIC, timeoutMs: 50 };
    for (const path of ["never", "endless"]) {
      await expect(read(parseUrl(`https://files.example/${path}`, policy))).rejects.toMatchObject({
        code: "attachment-failed",
        retryable: true,
        message: expect.stringContaining("too long"),
      });
    }
  });

  it("a name server that never answers", async () => {
    const policy = { ...PUBLIC, timeoutMs: 50, resolve: () => new Promise<never>(() => {}) };
    await expect(read(parseUrl("https://files.example/x", policy))).rejects.toThrow("too long");
  });

  it("a link that drops in the middle", async () => {
    routes.set("/drop", (_, response) => {
      response.writeHead(200, { "content-length": "10" });
      response.write("12345", () => response.destroy());
    });
    await expect(read(parseUrl("https://files.example/drop?signature=secret"))).rejects.toMatchObject({
      code: "attachment-failed",
      retryable: true,
      message: "The attachment https://files.example/drop could not be fetched: the connection failed",
    });
  });

  it("a browser that hides where a redirect goes", async () => {
    const hidden = Object.defineProperties(new Response(), { type: { value: "opaqueredirect" }, status: { value: 0 } });
    await expect(read(parseUrl("https://files.example/x", { ...PUBLIC, fetch: async () => hidden }))).rejects.toThrow(
      "does not say where",
    );
  });
});

describe("giving up", () => {
  it("while the server thinks ends the request", async () => {
    const controller = new AbortController();
    const closed = new Promise<void>((resolve) => {
      routes.set("/thinks", (request) => {
        request.socket.once("close", () => resolve());
        controller.abort();
      });
    });
    const reading = read(parseUrl("https://files.example/thinks"), controller.signal);
    await expect(reading).rejects.toMatchObject({ code: "aborted" });
    await closed;
  });

  it("in the middle of the body ends the connection", async () => {
    const closed = new Promise<void>((resolve) => {
      routes.set("/middle", (request, response) => {
        request.socket.once("close", () => resolve());
        response.write("x");
      });
    });
    const attachment = parseUrl("https://files.example/middle");
    if (attachment.content.kind === "bytes") throw new Error("not a stream");
    const reader = (await attachment.content.open({ signal: undefined })).getReader();
    expect((await reader.read()).value).toEqual(new TextEncoder().encode("x"));
    await reader.cancel();
    await closed;
  });

  it("before it began asks nobody", async () => {
    const before = requested.length;
    await expect(read(parseUrl("https://files.example/x"), AbortSignal.abort())).rejects.toMatchObject({
      code: "aborted",
    });
    expect(requested.length).toBe(before);
  });
});
