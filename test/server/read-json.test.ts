import { expect, test } from "vitest";
import { readJson } from "../../packages/server/src/http/read-json.ts";

const LIMITS = { maxBodyBytes: 100, maxJsonDepth: 4 };
const JSON_TYPE = { "content-type": "application/json" };

async function read(body: BodyInit | undefined, headers: Record<string, string> = JSON_TYPE): Promise<unknown> {
  const { json } = await readJson(
    new Request("http://x/", { method: "POST", headers, body: body ?? null, duplex: "half" } as RequestInit),
    LIMITS,
  );
  return json;
}

test("reads JSON, whatever the case and parameters of its type", async () => {
  await expect(read('{"a":1}', { "content-type": 'Application/JSON; charset="UTF-8"' })).resolves.toEqual({ a: 1 });
});

test.each([
  ["no type", {}],
  ["a form", { "content-type": "application/x-www-form-urlencoded" }],
  ["text", { "content-type": "text/plain" }],
  ["a type that only begins like JSON", { "content-type": "application/jsonp" }],
  ["another charset", { "content-type": "application/json; charset=utf-16" }],
  ["a compressed body", { "content-type": "application/json", "content-encoding": "gzip" }],
])("refuses %s", async (_what, headers: Record<string, string>) => {
  await expect(read(new TextEncoder().encode("{}"), headers)).rejects.toMatchObject({ code: "unsupported-media-type" });
});

test("refuses a body by the length it announces, without reading it", async () => {
  const body = new ReadableStream({
    pull: () => {
      throw new Error("was read");
    },
  });
  await expect(read(body, { ...JSON_TYPE, "content-length": "101" })).rejects.toMatchObject({ code: "body-too-large" });
});

test("stops reading a body of unknown length at the limit", async () => {
  let pulled = 0;
  const endless = new ReadableStream({
    pull(controller) {
      pulled++;
      controller.enqueue(new Uint8Array(30).fill(0x20));
    },
  });
  await expect(read(endless)).rejects.toMatchObject({ code: "body-too-large" });
  expect(pulled).toBeLessThan(10);
  // What is left over may still be read, by who wants to end the connection well.
  expect(endless.locked).toBe(false);
});

test("a body exactly at the limit is read", async () => {
  await expect(read(`"${"a".repeat(98)}"`)).resolves.toBe("a".repeat(98));
});

test.each([
  ["an empty body", ""],
  ["half an object", '{"a":'],
  ["two values", "{} {}"],
  ["bytes that are no UTF-8", new Uint8Array([0x22, 0xff, 0x22])],
  ["five arrays inside each other", "[[[[[]]]]]"],
  ["an object that is too deep behind a string with brackets and quotes", '{"[[\\"":{"a":{"b":{"c":{}}}}}'],
])("refuses %s", async (_what, body) => {
  await expect(read(body)).rejects.toMatchObject({ code: "malformed-body" });
});

test.each(['["[[[[[[", "\\\\", "\\"[[[[["]', '{"a\\\\":[[[1]]]}'])(
  "brackets inside strings are no nesting: %s",
  async (body) => {
    await expect(read(body)).resolves.toEqual(JSON.parse(body));
  },
);

test("an error about a body does not quote it", async () => {
  const error: Error = await read('{"password":"canary2"').then(
    () => expect.unreachable(),
    (reason) => reason,
  );
  expect(`${error.message} ${String(error.cause)}`).not.toContain("canary2");
});

test("a client that goes away in the middle is told apart from one that sent nonsense", async () => {
  const broken = new ReadableStream({
    start(controller) {
      controller.enqueue(new TextEncoder().encode('{"a":'));
      controller.error(new Error("socket hang up"));
    },
  });
  await expect(read(broken)).rejects.toMatchObject({ code: "malformed-body", message: /ended before/ });
});
