import {
  createMailer,
  MailError,
  type MailErrorCode,
  type Message,
  type MessageInput,
  type OutgoingMail,
  type Signer,
} from "@edgepost/core";
import { type HttpTransportOptions, httpTransport } from "@edgepost/server/client";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { acceptAll, type TestEndpoint, TOKEN, testEndpoint } from "./endpoint.ts";

const MESSAGE: MessageInput = { from: "a@example.com", to: "b@example.com", subject: "Hi", text: "Hello" };

function transportTo({ app }: TestEndpoint, options: Partial<HttpTransportOptions> = {}) {
  return httpTransport({
    url: "http://endpoint.example",
    apiKey: TOKEN,
    connection: "main",
    fetch: async (request) => app.fetch(request as Request),
    ...options,
  });
}

function transportThatGets(answer: () => Response | Promise<Response>) {
  return httpTransport({
    url: "http://endpoint.example",
    apiKey: TOKEN,
    connection: "main",
    fetch: async () => answer(),
  });
}

async function failure(sending: Promise<unknown>): Promise<MailError> {
  const error = await sending.then(
    () => expect.unreachable("it was sent"),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(MailError);
  return error as MailError;
}

test("sends a message and brings the receipt back", async () => {
  const endpoint = testEndpoint();
  const receipt = await createMailer({ transport: transportTo(endpoint) }).send(MESSAGE);
  expect(receipt).toEqual({
    messageId: endpoint.sent[0]?.messageId,
    accepted: ["b@example.com"],
    rejected: [],
    reply: { code: 250, enhancedCode: "2.0.0", text: "queued as 1" },
    transport: "http",
    size: 1,
    downgrades: [],
  });
});

test("what the endpoint sends is the message that was given here, to the last field", async () => {
  const endpoint = testEndpoint();
  let given: OutgoingMail | undefined;
  const hooks = {
    sending: (mail: OutgoingMail) => {
      given = mail;
    },
  };
  await createMailer({ transport: transportTo(endpoint), hooks }).send({
    from: ["Zoë <a@example.com>", "A2 <a2@example.com>"],
    sender: "s@example.com",
    replyTo: "r@example.com",
    to: ['"Doe, Jane" <b@example.com>', "Team: c@example.com, D <d@example.com>;"],
    cc: "undisclosed-recipients:;",
    bcc: "secret@example.com",
    subject: "Grüße ✓",
    text: "Hello\r\n.\r\n",
    html: '<p>Hello <img src="cid:logo"></p>',
    amp: "<!doctype html><html ⚡4email></html>",
    calendar: { method: "REQUEST", content: "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n" },
    alternatives: [{ contentType: "text/markdown", content: "*Hello*", headers: { "Content-Language": "en" } }],
    attachments: [
      { filename: "café.bin", content: new Uint8Array([0, 13, 10, 255]), headers: { "X-Part": "1" } },
      { filename: "logo.png", content: new Blob(["png"]), contentId: "logo" },
      { filename: "big.txt", content: "x".repeat(100_000) },
    ],
    headers: { "X-One": ["1", "2"], "X-Two": "3" },
    date: "2030-01-02T03:04:05Z",
    inReplyTo: "<1@example.com>",
    references: ["<0@example.com>", "<1@example.com>"],
    priority: "high",
    listUnsubscribe: { url: "https://example.com/u", oneClick: true },
    autoSubmitted: "auto-generated",
    dsn: { notify: ["failure"], return: "headers", envelopeId: "e1" },
    requireTls: true,
    envelope: { from: "bounce@example.com" },
  });

  const [arrived] = endpoint.sent;
  expect(arrived?.envelope).toEqual(given?.envelope);
  expect(arrived?.messageId).toBe(given?.messageId);
  expect(await comparable(arrived?.message)).toEqual({ ...(await comparable(given?.message)), bcc: [] });
});

/** With attachments as the bytes they are, wherever they come from. */
async function comparable(message: Message | undefined) {
  if (message === undefined) return undefined;
  const attachments = message.attachments.map(async ({ content, ...attachment }) => ({
    ...attachment,
    bytes: content.kind === "bytes" ? content.bytes : await new Response(await content.open({})).bytes(),
  }));
  return { ...message, attachments: await Promise.all(attachments) };
}

test("a signed message keeps its signature: it goes as it is", async () => {
  const endpoint = testEndpoint();
  const sign: Signer = { sign: async () => "X-Signature: made here\r\n" };
  await createMailer({ transport: transportTo(endpoint), sign }).send(MESSAGE);
  expect(new TextDecoder().decode(await endpoint.sent[0]?.bytes())).toContain("X-Signature: made here");
  expect(endpoint.sent[0]?.envelope).toEqual({ from: "a@example.com", to: ["b@example.com"] });
});

test("a ready message goes as it is", async () => {
  const endpoint = testEndpoint();
  const raw = "From: a@example.com\r\nTo: b@example.com\r\nSubject: Raw\r\n\r\nHello\r\n";
  await createMailer({ transport: transportTo(endpoint) }).send({ raw });
  const bytes = await endpoint.sent[0]?.bytes();
  expect(new TextDecoder().decode(bytes)).toContain("Subject: Raw\r\n");
  expect(endpoint.sent[0]?.envelope).toEqual({ from: "a@example.com", to: ["b@example.com"] });
});

test("everybody or nobody is asked of the endpoint too", async () => {
  let asked: unknown;
  const endpoint = testEndpoint({
    send: async (mail, options) => {
      asked = options?.recipients;
      return acceptAll(mail);
    },
  });
  await createMailer({ transport: transportTo(endpoint) }).send(MESSAGE, { recipients: "all-or-none" });
  expect(asked).toBe("all-or-none");
});

test("brings a connection along when it was given one", async () => {
  const endpoint = testEndpoint();
  const transport = transportTo(endpoint, { connection: { host: "mail.example.org" } });
  await createMailer({ transport }).send(MESSAGE);
  expect(endpoint.sent).toHaveLength(1);
});

test("the endpoint may live below a path", async () => {
  const urls: string[] = [];
  for (const url of ["http://a.example", "http://a.example/mail", "http://a.example/mail/"]) {
    const fetch = async (request: string | URL | Request) => {
      urls.push((request as Request).url);
      return Response.json({ messageId: "<1@a>", accepted: [], rejected: [], reply: null, size: 1, downgrades: [] });
    };
    await createMailer({ transport: httpTransport({ url, apiKey: TOKEN, connection: "main", fetch }) }).send(MESSAGE);
  }
  expect(urls).toEqual([
    "http://a.example/v1/messages",
    "http://a.example/mail/v1/messages",
    "http://a.example/mail/v1/messages",
  ]);
});

describe("errors", () => {
  test("of the mail server are the same here as there", async () => {
    const there = new MailError("recipients-rejected", "Nobody was accepted.", {
      phase: "rcpt",
      reply: { code: 450, enhancedCode: "4.2.1", text: "Later" },
      recipients: [{ address: "b@example.com", reply: { code: 450, text: "Later" }, retryable: true }],
    });
    const endpoint = testEndpoint({ send: () => Promise.reject(there) });
    const here = await failure(createMailer({ transport: transportTo(endpoint) }).send(MESSAGE));
    expect({ ...here, message: here.message }).toEqual({ ...there, message: there.message });
  });

  test("about the message keep their paths", async () => {
    const endpoint = testEndpoint();
    const sending = transportTo(endpoint, { connection: { host: "mail.example.org", port: 25 } });
    const error = await failure(createMailer({ transport: sending }).send(MESSAGE));
    expect(error).toMatchObject({ code: "invalid-connection", issues: [{ path: "connection.port" }] });
  });

  test.each<[string, Partial<HttpTransportOptions>, MailErrorCode]>([
    ["a key the endpoint does not know", { apiKey: `${TOKEN}x` }, "auth-failed"],
    ["a connection it does not have", { connection: "other" }, "invalid-connection"],
  ])("%s", async (_what, options, code) => {
    const error = await failure(createMailer({ transport: transportTo(testEndpoint(), options) }).send(MESSAGE));
    expect(error).toMatchObject({ code, retryable: false });
    expect(error.message).not.toContain(TOKEN);
  });

  test("a message larger than the endpoint takes", async () => {
    const endpoint = testEndpoint({ limits: { maxBodyBytes: 1000 } });
    const error = await failure(
      createMailer({ transport: transportTo(endpoint) }).send({ ...MESSAGE, text: "a".repeat(1000) }),
    );
    expect(error).toMatchObject({ code: "message-too-large", retryable: false });
  });

  test("an endpoint that is closing can be asked again", async () => {
    const endpoint = testEndpoint();
    await endpoint.app.close();
    const error = await failure(createMailer({ transport: transportTo(endpoint) }).send(MESSAGE));
    expect(error).toMatchObject({ code: "connect-failed", retryable: true });
  });

  test("an answer that was lost is asked for again, and nothing is sent twice", async () => {
    const endpoint = testEndpoint();
    let asked = 0;
    const fetch = async (request: string | URL | Request) => {
      const response = await endpoint.app.fetch(request as Request);
      if (++asked === 1) throw new TypeError("socket hang up");
      return response;
    };
    const receipt = await createMailer({ transport: transportTo(endpoint, { fetch }) }).send(MESSAGE);
    expect(receipt.accepted).toEqual(["b@example.com"]);
    expect(asked).toBe(2);
    expect(endpoint.sent).toHaveLength(1);
  });

  test("an endpoint that is still sending is asked for the end", async () => {
    const { promise: mayFinish, resolve: finish } = Promise.withResolvers<void>();
    const endpoint = testEndpoint({
      send: async (mail) => {
        await mayFinish;
        return acceptAll(mail);
      },
    });
    let asked = 0;
    const fetch = async (request: string | URL | Request) => {
      const answering = endpoint.app.fetch(request as Request);
      if (++asked === 1) throw new TypeError("socket hang up");
      const response = await answering;
      if (response.status === 409) finish();
      return response;
    };
    await createMailer({ transport: transportTo(endpoint, { fetch }) }).send(MESSAGE);
    expect(endpoint.sent).toHaveLength(1);
  });

  test.each<[string, () => Response | Promise<Response>]>([
    ["the network fails", () => Promise.reject(new TypeError("fetch failed"))],
    [
      "the answer breaks off",
      () => new Response(new ReadableStream({ start: (controller) => controller.error(new Error("reset")) })),
    ],
    ["a proxy answers for the endpoint", () => new Response("<h1>502 Bad Gateway</h1>", { status: 502 })],
    ["the answer is no receipt", () => Response.json({ hello: "world" })],
    [
      "the endpoint fails inside",
      () => Response.json({ code: "internal-error", detail: "It failed." }, { status: 500 }),
    ],
  ])("nobody knows what became of the message when %s", async (_what, answer) => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    let asked = 0;
    const transport = transportThatGets(() => {
      asked++;
      return answer();
    });
    const failing = failure(createMailer({ transport }).send(MESSAGE));
    await vi.runAllTimersAsync();
    expect(await failing).toMatchObject({ code: "delivery-unknown", retryable: false });
    expect(asked).toBe(4);
  });

  test("something else than the endpoint refused", async () => {
    const transport = transportThatGets(() => new Response("<h1>404</h1>", { status: 404 }));
    expect(await failure(createMailer({ transport }).send(MESSAGE))).toMatchObject({ code: "protocol-error" });
  });

  test("aborting before the request is a clean abort, aborting during it leaves the outcome open", async () => {
    const controller = new AbortController();
    const transport = httpTransport({
      url: "http://endpoint.example",
      apiKey: TOKEN,
      connection: "main",
      fetch: async (request) => {
        controller.abort(new Error("changed my mind"));
        (request as Request).signal.throwIfAborted();
        return expect.unreachable();
      },
    });
    const mailer = createMailer({ transport });
    expect(await failure(mailer.send(MESSAGE, { signal: controller.signal }))).toMatchObject({
      code: "delivery-unknown",
    });
    expect(await failure(mailer.send(MESSAGE, { signal: controller.signal }))).toMatchObject({ code: "aborted" });
  });
});
