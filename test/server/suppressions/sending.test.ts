import type { OutgoingMail } from "@edgepost/core";
import { embeddedQueue } from "@edgepost/server/node";
import { describe, expect, onTestFinished, test } from "vitest";
import { acceptAll, type TestEndpointOptions, testEndpoint } from "../endpoint.ts";

const MESSAGE = { connection: "lists", from: "a@example.com", subject: "Hi", text: "Hello" };
const REPLIES: Readonly<Record<string, { code: number; enhancedCode?: string; text: string }>> = {
  "unknown@example.com": { code: 550, enhancedCode: "5.1.1", text: "No such user" },
  "plain@example.com": { code: 550, text: "No such user" },
  "policy@example.com": { code: 550, enhancedCode: "5.7.1", text: "Not from you" },
  "full@example.com": { code: 552, enhancedCode: "5.2.2", text: "Mailbox full" },
  "later@example.com": { code: 450, enhancedCode: "4.2.1", text: "Later" },
};

/** A mail server that knows few, behind a connection that learns from it unless it is said otherwise. */
async function open({ delivery = { suppressRefused: true }, ...options }: TestEndpointOptions & { delivery?: object }) {
  const queue = embeddedQueue();
  const endpoint = testEndpoint({ outbox: queue, send: async (mail) => refuseSome(mail), ...options });
  onTestFinished(() => endpoint.app.close());
  endpoint.app.start();
  const connection = { name: "lists", host: "lists.example.com", delivery };
  expect((await endpoint.ask("POST", "/v1/connections", connection)).status).toBe(201);
  const list = async () => (await endpoint.ask("GET", "/v1/suppressions")).body.suppressions;
  const read = async (id: string) => (await endpoint.ask("GET", `/v1/messages/${id}`)).body;
  return { ...endpoint, queue, list, read };
}

function refuseSome(mail: OutgoingMail) {
  const { to } = mail.envelope;
  const rejected = to.flatMap((address) => {
    const reply = REPLIES[address];
    return reply === undefined ? [] : [{ address, reply, retryable: reply.code < 500 }];
  });
  return { ...acceptAll(mail), accepted: to.filter((address) => REPLIES[address] === undefined), rejected };
}

describe("a connection that suppresses whom its mail server does not know", () => {
  const to = ["b@example.com", ...Object.keys(REPLIES)];

  test("learns of those alone, not of a policy, a full mailbox or a server that is busy", async () => {
    const { ask, list, sent } = await open({});
    const { body } = await ask("POST", "/v1/messages", { ...MESSAGE, to });
    expect(body.accepted).toEqual(["b@example.com"]);
    const learnt = { connection: "lists", reason: "refused", expiresAt: null };
    const entries = await list();
    expect(entries).toHaveLength(2);
    expect(entries).toContainEqual(
      expect.objectContaining({ ...learnt, address: "unknown@example.com", note: "550 5.1.1 No such user" }),
    );
    expect(entries).toContainEqual(expect.objectContaining({ ...learnt, address: "plain@example.com" }));

    await ask("POST", "/v1/messages", { ...MESSAGE, to });
    expect(sent[1]?.envelope.to).toEqual(to.filter((address) => !/unknown|plain/.test(address)));
  });

  test("learns from messages that waited, too", async () => {
    const { ask, list, queue, read } = await open({});
    const { body } = await ask("POST", "/v1/messages", { ...MESSAGE, to: "unknown@example.com", sendAt: PAST });
    await queue.idle();
    expect(await read(body.id)).toMatchObject({ state: "failed", attempts: 1 });
    expect(await list()).toMatchObject([{ address: "unknown@example.com", connection: "lists" }]);
  });

  test("learns nothing when it was not told to", async () => {
    const { ask, list } = await open({ delivery: {} });
    await ask("POST", "/v1/messages", { ...MESSAGE, to });
    expect(await list()).toEqual([]);
  });
});

describe("a message that waits", () => {
  test("is not sent to who was suppressed after it was stored", async () => {
    let now = Date.parse("2026-11-20T12:00:00Z");
    const clock = () => new Date(now);
    const queue = embeddedQueue(clock);
    const { ask, read, sent } = await open({ outbox: queue, clock });
    const sendAt = "2026-11-20T13:00:00Z";
    const some = await ask("POST", "/v1/messages", { ...MESSAGE, to: "b@example.com, c@example.com", sendAt });
    const none = await ask("POST", "/v1/messages", { ...MESSAGE, to: "c@example.com", sendAt });
    await ask("POST", "/v1/suppressions", { address: "C@example.com" });
    now = Date.parse(sendAt);
    await queue.tick();
    await queue.idle();
    expect(sent.map(({ envelope }) => envelope.to)).toEqual([["b@example.com"]]);
    expect(await read(some.body.id)).toMatchObject({ state: "partial", suppressed: ["c@example.com"], attempts: 1 });
    expect(await read(none.body.id)).toMatchObject({ state: "suppressed", attempts: 0, dueAt: null, content: null });
    const { body } = await ask("GET", `/v1/messages/${none.body.id}/events`);
    expect(body.events.map(({ type }: { type: string }) => type)).toEqual(["message.scheduled", "message.suppressed"]);
  });
});

/** Due at once. */
const PAST = "2020-01-01T00:00:00Z";
