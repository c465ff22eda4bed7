import { embeddedQueue } from "@edgepost/server/node";
import { describe, expect, test } from "vitest";
import { acceptAll, MESSAGE, type TestEndpointOptions, TOKEN, testEndpoint } from "./endpoint.ts";

const ASYNC = { prefer: "respond-async" };
const FAR = "2099-01-01T00:00:00Z";
const OTHER_TOKEN = "another-token-of-the-endpoint-suite-0123456789";

/** An endpoint whose queue is never started: what is stored for later waits. */
function endpoint(options: TestEndpointOptions = {}) {
  return testEndpoint({
    outbox: embeddedQueue(),
    keys: [
      { name: "test", token: TOKEN },
      { name: "other", token: OTHER_TOKEN, scopes: ["messages:send", "messages:read", "connections:use"] },
      { name: "reader", token: `reader-${OTHER_TOKEN}`, scopes: ["messages:read"] },
    ],
    ...options,
  });
}

async function store({ ask }: ReturnType<typeof endpoint>, message: object = {}): Promise<string> {
  const { status, body } = await ask("POST", "/v1/messages", { ...MESSAGE, sendAt: FAR, ...message });
  expect(status, JSON.stringify(body)).toBe(202);
  return body.id;
}

describe("without a queue", () => {
  test("the preference for an answer at once is not heard, and the message is sent", async () => {
    const { post, sent } = testEndpoint();
    const response = await post(MESSAGE, ASYNC);
    expect(response.status).toBe(200);
    expect(response.headers.get("preference-applied")).toBeNull();
    expect(sent).toHaveLength(1);
  });

  test("a message for later is refused, not sent now", async () => {
    const { post, sent } = testEndpoint();
    const response = await post({ ...MESSAGE, sendAt: FAR });
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({ code: "unsupported" });
    expect(sent).toHaveLength(0);
  });
});

describe("a message for later", () => {
  test.each([
    [{ sendAt: "tomorrow" }, "/sendAt"],
    [{ sendAt: "2026-12-24T18:00:00" }, "/sendAt"],
    [{ sendAt: 1 }, "/sendAt"],
    [{ sendAt: FAR, onUnknown: "maybe" }, "/onUnknown"],
    [{ sendAt: FAR, connection: { host: "mail.example.com" } }, "/connection"],
  ])("with %j is refused, with a pointer", async (change, pointer) => {
    const { ask } = endpoint();
    const { status, body } = await ask("POST", "/v1/messages", { ...MESSAGE, ...change });
    expect(status).toBe(422);
    expect(body.errors).toMatchObject([{ pointer }]);
  });

  test("is checked when it is stored, not when it is sent", async () => {
    const { ask } = endpoint();
    const refused = await ask("POST", "/v1/messages", { ...MESSAGE, sendAt: FAR, to: "nobody" });
    expect(refused).toMatchObject({ status: 422, body: { code: "invalid-message" } });
    const unknown = await ask("POST", "/v1/messages", { ...MESSAGE, sendAt: FAR, connection: "none" });
    expect(unknown).toMatchObject({ status: 404, body: { code: "connection-not-found" } });
  });

  test("for a time that is over waits for its turn", async () => {
    const { ask } = endpoint();
    const { status, body } = await ask("POST", "/v1/messages", { ...MESSAGE, sendAt: "2020-01-01T00:00:00+01:00" });
    expect({ status, state: body.state, dueAt: body.dueAt }).toEqual({
      status: 202,
      state: "queued",
      dueAt: body.createdAt,
    });
  });

  test("is neither seen nor touched by another key", async () => {
    const scene = endpoint();
    const id = await store(scene);
    const routes = [
      ["GET", ""],
      ["GET", "/events"],
      ["PATCH", "", { sendAt: FAR }],
      ["POST", "/cancel"],
      ["POST", "/retry", {}],
    ] as const;
    for (const [method, path, body] of routes) {
      expect(await scene.ask(method, `/v1/messages/${id}${path}`, body, OTHER_TOKEN)).toMatchObject({ status: 404 });
    }
    expect((await scene.ask("POST", `/v1/messages/${id}/cancel`, undefined, `reader-${OTHER_TOKEN}`)).status).toBe(403);
    expect((await scene.ask("GET", `/v1/messages/${id}`)).body.state).toBe("scheduled");
  });

  test("in a batch waits, while the others are sent", async () => {
    const { ask } = endpoint();
    const { status, body } = await ask("POST", "/v1/messages/batch", {
      messages: [MESSAGE, { ...MESSAGE, sendAt: FAR }],
    });
    expect({ status, success: body.success }).toEqual({ status: 202, success: false });
    expect(body.results).toMatchObject([{ success: true }, { state: "scheduled" }]);
  });
});

describe("a message that was sent at once", () => {
  test("has its attempt and its events, too", async () => {
    const { ask } = endpoint();
    const { body: sent } = await ask("POST", "/v1/messages", MESSAGE);
    const { body } = await ask("GET", `/v1/messages/${sent.id}/events`);
    expect(body.attempts).toMatchObject([{ number: 1, stage: "done", reply: { code: 250 }, error: null }]);
    expect(body.events.map(({ type }: { type: string }) => type)).toEqual(["message.sending", "message.sent"]);
  });

  test("cannot be sent again when its content was not kept, and can where it was", async () => {
    const refuse: TestEndpointOptions["send"] = async (mail) => ({
      ...acceptAll(mail),
      accepted: ["b@example.com"],
      rejected: [{ address: "c@example.com", reply: { code: 550, text: "No" }, retryable: false }],
    });
    for (const [keepContent, status] of [
      [false, 409],
      [true, 202],
    ] as const) {
      const { ask } = endpoint({ send: refuse, keepContent });
      const { body: sent } = await ask("POST", "/v1/messages", { ...MESSAGE, to: "b@example.com, c@example.com" });
      const again = await ask("POST", `/v1/messages/${sent.id}/retry`);
      expect(again.status).toBe(status);
      if (status === 202) {
        expect(again.body).toMatchObject({
          state: "deferred",
          recipients: [{ state: "accepted" }, { state: "deferred" }],
        });
      }
    }
  });
});

describe("the stream of events", () => {
  /** As many events as are asked for, and then it is left. */
  async function follow(response: Response, count: number): Promise<{ id: number; type: string; message: string }[]> {
    const events = [];
    let text = "";
    for await (const chunk of (response.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream())) {
      text += chunk;
      const frames = text.split("\n\n");
      text = frames.pop() ?? "";
      for (const frame of frames) {
        const [, data] = /^data: (.*)$/m.exec(frame) ?? [];
        if (data !== undefined) events.push(JSON.parse(data));
      }
      if (events.length >= count) break;
    }
    return events;
  }
  const headers = (token = TOKEN) => ({ authorization: `Bearer ${token}`, accept: "text/event-stream" });

  test("tells what happens from now on, or from where it was left", async () => {
    const scene = endpoint();
    const first = await store(scene);
    const response = await scene.app.request("/v1/events", { headers: headers() });
    expect(response.headers.get("content-type")).toContain("text/event-stream");
    const following = follow(response, 2);
    const second = await store(scene);
    await scene.ask("POST", `/v1/messages/${second}/cancel`);
    const events = await following;
    expect(events).toMatchObject([
      { type: "message.scheduled", message: second },
      { type: "message.cancelled", message: second },
    ]);
    const again = { ...headers(), "last-event-id": String((events[0]?.id ?? 0) - 1) };
    expect(await follow(await scene.app.request("/v1/events", { headers: again }), 2)).toEqual(events);
    const all = await follow(await scene.app.request("/v1/events?after=0", { headers: headers() }), 3);
    expect(all[0]).toMatchObject({ message: first });
  });

  test("shows a key only what it sent itself", async () => {
    const scene = endpoint();
    await store(scene);
    const { body: own } = await scene.ask("POST", "/v1/messages", { ...MESSAGE, sendAt: FAR }, OTHER_TOKEN);
    const response = await scene.app.request("/v1/events?after=0", { headers: headers(OTHER_TOKEN) });
    expect(await follow(response, 1)).toMatchObject([{ message: own.id }]);
  });

  test("ends when the server closes", async () => {
    const scene = endpoint();
    const response = await scene.app.request("/v1/events", { headers: headers() });
    const following = follow(response, 1);
    await scene.app.close();
    expect(await following).toEqual([]);
  });
});
