import { describe, expect, test } from "vitest";
import { MESSAGE, type TestEndpoint, TOKEN, testEndpoint } from "./endpoint.ts";

const BINARY = Uint8Array.from({ length: 70_000 }, (_, index) => (index * 7 + (index >> 8)) % 256);

async function postForm(endpoint: TestEndpoint, form: FormData, headers: Record<string, string> = {}) {
  // Written out, because Node's own form goes on writing into a body that was refused halfway.
  const written = new Response(form);
  const type = written.headers.get("content-type") ?? "";
  const response = await endpoint.app.request("/v1/messages", {
    method: "POST",
    headers: { authorization: `Bearer ${TOKEN}`, "content-type": type, ...headers },
    body: await written.arrayBuffer(),
  });
  return { status: response.status, body: await response.json() };
}

function form(
  message: object,
  files: readonly (readonly [name: string, file: Blob, filename?: string])[] = [],
): FormData {
  const data = new FormData();
  data.append("message", JSON.stringify(message));
  for (const [name, file, filename] of files) data.append(name, file, filename);
  return data;
}

/** What was sent: name, type and octets of each attachment. */
async function attachments({ sent }: TestEndpoint) {
  return Promise.all(
    (sent.at(-1)?.message.attachments ?? []).map(async ({ filename, contentType, contentId, content }) => ({
      filename,
      contentType,
      contentId,
      bytes: content.kind === "bytes" ? content.bytes : await new Response(await content.open({})).bytes(),
    })),
  );
}

describe("a form", () => {
  test("sends its files as attachments, octet by octet", async () => {
    const endpoint = testEndpoint();
    const { status } = await postForm(
      endpoint,
      form(MESSAGE, [
        ["file", new Blob([BINARY], { type: "image/png" }), 'café "1".png'],
        ["file", new Blob(["line\r\n--not the boundary\r\n"], { type: "text/plain" }), "a.txt"],
      ]),
    );
    expect(status).toBe(200);
    expect(await attachments(endpoint)).toEqual([
      { filename: 'café "1".png', contentType: "image/png", contentId: undefined, bytes: BINARY },
      {
        filename: "a.txt",
        contentType: expect.stringMatching(/^text\/plain/),
        contentId: undefined,
        bytes: new TextEncoder().encode("line\r\n--not the boundary\r\n"),
      },
    ]);
  });

  test("lets attachments of the JSON take their content from a file", async () => {
    const endpoint = testEndpoint();
    const listed = [
      { filename: "text.txt", content: "A" },
      { file: "logo", contentId: "logo", filename: "logo.png" },
    ];
    const files = [
      ["other", new Blob(["B"]), "other.bin"],
      ["logo", new Blob(["C"], { type: "image/png" }), "whatever.png"],
    ] as const;
    const message = { ...MESSAGE, html: '<img src="cid:logo">', attachments: listed };
    expect((await postForm(endpoint, form(message, files))).status).toBe(200);
    expect((await attachments(endpoint)).map(({ filename, contentId }) => [filename, contentId])).toEqual([
      ["text.txt", undefined],
      ["logo.png", "logo"],
      ["other.bin", undefined],
    ]);
  });

  test("may carry a ready message", async () => {
    const endpoint = testEndpoint();
    const raw = new TextEncoder().encode("From: a@example.com\r\nTo: b@example.com\r\n\r\nGrüße\r\n");
    const { status, body } = await postForm(
      endpoint,
      form({ connection: "main" }, [["raw", new Blob([raw]), "mail.eml"]]),
    );
    expect(status, JSON.stringify(body)).toBe(200);
    expect(await endpoint.sent[0]?.bytes()).toEqual(raw);
  });

  test("is the same request whatever its boundary is, and another with another file", async () => {
    const endpoint = testEndpoint();
    const key = { "idempotency-key": "1" };
    const make = (content: string) => form(MESSAGE, [["file", new Blob([content]), "a.txt"]]);
    expect((await postForm(endpoint, make("A"), key)).status).toBe(200);
    expect((await postForm(endpoint, make("A"), key)).status).toBe(200);
    expect(endpoint.sent).toHaveLength(1);
    expect(await postForm(endpoint, make("B"), key)).toMatchObject({
      status: 422,
      body: { code: "idempotency-key-reused" },
    });
  });

  test("can be previewed too", async () => {
    const endpoint = testEndpoint();
    const response = await endpoint.app.request("/v1/messages/preview", {
      method: "POST",
      headers: { authorization: `Bearer ${TOKEN}` },
      body: form(MESSAGE, [["file", new Blob(["A"]), "a.txt"]]),
    });
    expect(await response.json()).toMatchObject({ attachments: [{ filename: "a.txt", size: 1 }] });
  });

  test.each<[string, FormData, number, string, string[]]>([
    ["without a message", form({}, []), 422, "invalid-connection", ["/connection"]],
    ["with a broken message", brokenForm("{"), 400, "malformed-body", []],
    ["with a message that is a list", brokenForm("[]"), 422, "invalid-message", [""]],
    ["with two messages", twoMessages(), 400, "malformed-body", []],
    ["with no message part", new FormData(), 400, "malformed-body", []],
    ["with too many files", tooMany(), 400, "malformed-body", []],
    [
      "that names a file that is not there",
      form({ ...MESSAGE, attachments: [{ file: "x" }] }),
      422,
      "invalid-message",
      ["/attachments/0/file"],
    ],
    [
      "with a field nobody reads",
      form({ ...MESSAGE, foo: 1 }, [["f", new Blob(["A"]), "a"]]),
      422,
      "invalid-message",
      ["/foo"],
    ],
  ])("%s is refused", async (_what, data, status, code, pointers) => {
    const endpoint = testEndpoint();
    const answer = await postForm(endpoint, data);
    expect(answer).toMatchObject({ status, body: { code } });
    const errors = (answer.body as { errors?: { pointer: string }[] }).errors ?? [];
    expect(errors.map(({ pointer }) => pointer)).toEqual(pointers);
    expect(endpoint.sent).toEqual([]);
  });
});

describe("the octets of a form", () => {
  const PART = 'Content-Disposition: form-data; name="message"\r\nContent-Type: application/json';

  async function postRaw(
    body: string | ReadableStream<Uint8Array>,
    type = "multipart/form-data; boundary=XX",
    limits = {},
  ) {
    const endpoint = testEndpoint({ limits });
    const response = await endpoint.app.request("/v1/messages", {
      method: "POST",
      headers: { authorization: `Bearer ${TOKEN}`, "content-type": type },
      body,
      duplex: "half",
    } as RequestInit);
    return { status: response.status, body: (await response.json()) as Record<string, unknown>, sent: endpoint.sent };
  }

  const whole = `preamble\r\n--XX\r\n${PART}\r\n\r\n${JSON.stringify(MESSAGE)}\r\n--XX--\r\nepilogue`;

  test("may come in chunks of any size", async () => {
    for (const size of [1, 2, 3, 7, 64]) {
      const bytes = new TextEncoder().encode(whole);
      let offset = 0;
      const stream = new ReadableStream({
        pull(controller) {
          if (offset >= bytes.length) return controller.close();
          controller.enqueue(bytes.slice(offset, offset + size));
          offset += size;
        },
      });
      expect((await postRaw(stream)).status, `chunks of ${size}`).toBe(200);
    }
  });

  test.each<[string, string, string | undefined, number]>([
    ["a quoted boundary", whole, 'multipart/form-data; boundary="XX"', 200],
    ["no preamble", whole.replace("preamble\r\n", ""), undefined, 200],
    ["no line break at the end", whole.replace("\r\nepilogue", ""), undefined, 200],
    ["no boundary in the type", whole, "multipart/form-data", 415],
    ["another multipart type", whole, "multipart/mixed; boundary=XX", 415],
    ["a boundary that is not there", whole, "multipart/form-data; boundary=YY", 400],
    ["no end", whole.replace("--XX--", "--X"), undefined, 400],
    ["something behind the boundary", whole.replace("--XX\r\n", "--XXX\r\n"), undefined, 400],
    ["a part without a name", whole.replace('; name="message"', ""), undefined, 400],
    ["a part that is no form data", whole.replace("form-data; name", "attachment; name"), undefined, 400],
    [
      "a transfer encoding",
      whole.replace("\r\n\r\n{", "\r\nContent-Transfer-Encoding: base64\r\n\r\n{"),
      undefined,
      400,
    ],
    ["an endless header", whole.replace("\r\n\r\n{", `\r\nX: ${"a".repeat(20_000)}\r\n\r\n{`), undefined, 400],
    ["an empty body", "", undefined, 400],
  ])("with %s: %s", async (_what, body, type, status) => {
    expect((await postRaw(body, type)).status).toBe(status);
  });

  test("are counted while they are read", async () => {
    let pulled = 0;
    const endless = new ReadableStream({
      pull(controller) {
        controller.enqueue(new TextEncoder().encode(pulled++ === 0 ? `--XX\r\n${PART}\r\n\r\n` : "a".repeat(1000)));
      },
    });
    const { status, body } = await postRaw(endless, undefined, { maxBodyBytes: 10_000 });
    expect(status).toBe(413);
    expect(body.code).toBe("body-too-large");
    // Then some more is read, so that a client who is still writing comes to read the answer, and no more.
    expect(pulled).toBeLessThan(40);
  });
});

function brokenForm(message: string): FormData {
  const data = new FormData();
  data.append("message", message);
  return data;
}

function twoMessages(): FormData {
  const data = form(MESSAGE);
  data.append("message", "{}");
  return data;
}

function tooMany(): FormData {
  return form(
    MESSAGE,
    Array.from({ length: 52 }, (_, index) => [`f${index}`, new Blob(["A"]), "a"] as const),
  );
}

test("more attachments than the server takes are an issue, in JSON too", async () => {
  const attachments = Array.from({ length: 51 }, (_, index) => ({ filename: `${index}.txt`, content: "A" }));
  const response = await testEndpoint().post({ ...MESSAGE, attachments });
  expect(response.status).toBe(422);
  expect(await response.json()).toMatchObject({ errors: [{ pointer: "/attachments" }] });
});
