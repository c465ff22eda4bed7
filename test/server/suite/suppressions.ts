import { expect, test } from "vitest";
import { MESSAGE } from "../endpoint.ts";
import type { House } from "./house.ts";

/** Who is written to no more, by whom that can be said, and what a sender is told of it. */
export function suppressionSuite(house: House): void {
  const ask = (method: string, path: string, body?: unknown, headers = {}) =>
    house.entry.request(method, path, body, headers);
  const suppress = async (entry: object) => (await ask("POST", "/v1/suppressions", entry)).body;
  const logged = async (subject: string) => {
    const { body } = await ask("GET", "/v1/messages?limit=100");
    return body.messages.find((message: { subject: string }) => message.subject === subject);
  };
  const arrived = (subject: string) => house.smtp.received.filter(({ text }) => text.includes(subject));

  test("the others get the message, and the answer names who was left out", async () => {
    await suppress({ address: "Left.Out@Example.COM", reason: "complaint" });
    const to = ["b@example.com", "left.OUT@example.com"];
    const { status, body } = await ask("POST", "/v1/messages", { ...MESSAGE, subject: "left out 1", to });
    expect(status).toBe(200);
    expect(body).toMatchObject({ success: false, accepted: ["b@example.com"], suppressed: ["left.OUT@example.com"] });
    expect(arrived("left out 1").map(({ envelope }) => envelope.to)).toEqual([["b@example.com"]]);
    expect(await logged("left out 1")).toMatchObject({
      state: "partial",
      suppressed: ["left.OUT@example.com"],
      recipients: [{ state: "accepted" }, { state: "suppressed", reply: null }],
    });
  });

  test("a message for nobody else is not sent at all, also when it is asked for twice", async () => {
    await suppress({ address: "alone@example.com" });
    const message = { ...MESSAGE, subject: "nobody else", to: "alone@example.com" };
    const key = { "idempotency-key": "nobody-else" };
    for (const _ of [1, 2]) {
      const answer = await ask("POST", "/v1/messages", message, key);
      expect(answer).toMatchObject({ status: 422, body: { code: "recipients-suppressed" } });
    }
    expect(arrived("nobody else")).toEqual([]);
    expect(await logged("nobody else")).toMatchObject({ state: "suppressed", attempts: 0, error: null });
  });

  test("an entry for one connection leaves the others alone, and one that is taken away all of them", async () => {
    const entry = await suppress({ address: "here@example.com", connection: "spam" });
    const message = { ...MESSAGE, to: "here@example.com" };
    expect(await ask("POST", "/v1/messages", message)).toMatchObject({ status: 200 });
    const overSpam = { ...message, connection: "spam" };
    expect(await ask("POST", "/v1/messages", overSpam)).toMatchObject({ body: { code: "recipients-suppressed" } });
    expect(await ask("DELETE", `/v1/suppressions/${entry.id}`)).toMatchObject({ status: 204 });
    expect(await ask("DELETE", `/v1/suppressions/${entry.id}`)).toMatchObject({ status: 404 });
    expect(await ask("POST", "/v1/messages", overSpam)).toMatchObject({ body: { code: "message-rejected" } });
  });

  test("the list is read in pages, newest first, by address, reason and connection", async () => {
    const made = [];
    for (const name of ["one", "two", "three"]) {
      made.push(await suppress({ address: `${name}@pages.example`, connection: "pages", reason: "unsubscribed" }));
    }
    const pages = "/v1/suppressions?connection=pages&limit=2";
    const { body: first } = await ask("GET", pages);
    expect(first.suppressions).toEqual([made[2], made[1]]);
    const { body: second } = await ask("GET", `${pages}&cursor=${first.next}`);
    expect(second).toEqual({ suppressions: [made[0]], next: null });
    const { body: found } = await ask("GET", "/v1/suppressions?address=TWO@pages.example&reason=unsubscribed");
    expect(found.suppressions).toEqual([made[1]]);
    expect((await ask("GET", `${pages}&reason=manual`)).body.suppressions).toEqual([]);
  });

  test("what is said again of an address takes the place of what was said before", async () => {
    const first = await suppress({ address: "again@example.com", note: "first" });
    const expiresAt = new Date(Date.now() + 60 * 60 * 1000).toISOString();
    const second = await suppress({ address: "again@example.com", reason: "complaint", expiresAt });
    expect(second).toEqual({ ...first, reason: "complaint", note: null, expiresAt });
  });

  test.each([
    [{ address: "not an address" }, "/address"],
    [{ address: "a@example.com", reason: "because" }, "/reason"],
    [{ address: "a@example.com", expiresAt: "2001-01-01T00:00:00Z" }, "/expiresAt"],
    [{ address: "a@example.com", expiresAt: "tomorrow" }, "/expiresAt"],
    [{ address: "a@example.com", more: 1 }, "/more"],
  ])("%j is refused at %s", async (entry, pointer) => {
    const answer = await ask("POST", "/v1/suppressions", entry);
    expect(answer).toMatchObject({ status: 422, body: { code: "invalid-body", errors: [{ pointer }] } });
  });

  test("a key limited to some connections has the entries of those, and none for all", async () => {
    const scopes = ["suppressions:write"];
    const { body: key } = await ask("POST", "/v1/keys", { name: "limited", scopes, connections: ["limited"] });
    const own = { authorization: `Bearer ${key.token}` };
    const foreign = await suppress({ address: "a@limited.example" });
    const entry = { address: "a@limited.example", connection: "limited" };
    expect(await ask("POST", "/v1/suppressions", { address: entry.address }, own)).toMatchObject({ status: 403 });
    const { status, body } = await ask("POST", "/v1/suppressions", entry, own);
    expect(status).toBe(201);
    expect((await ask("GET", "/v1/suppressions", undefined, own)).body.suppressions).toEqual([body]);
    expect((await ask("GET", "/v1/suppressions?connection=spam", undefined, own)).body.suppressions).toEqual([]);
    expect(await ask("DELETE", `/v1/suppressions/${foreign.id}`, undefined, own)).toMatchObject({ status: 404 });
  });

  test("a key without the scope has no list", async () => {
    const { body: key } = await ask("POST", "/v1/keys", { name: "sender", scopes: ["messages:send"] });
    const answer = await ask("GET", "/v1/suppressions", undefined, { authorization: `Bearer ${key.token}` });
    expect(answer).toMatchObject({ status: 403, body: { code: "forbidden" } });
  });
}
