import { expect, test } from "vitest";
import type { Answer } from "../endpoint.ts";
import type { House } from "./house.ts";

const MESSAGE = { connection: "main", from: "a@example.com", to: "b@example.com", subject: "Later", text: "Hello" };
const ASYNC = { prefer: "respond-async" };
const FAR = "2099-01-01T00:00:00.000Z";

/** Handing a message over, and what may be done with it from then on. */
export function laterSuite(house: House): void {
  async function until(id: string, state: string): Promise<Answer["body"]> {
    for (;;) {
      const { body } = await house.entry.request("GET", `/v1/messages/${id}`);
      if (body.state === state) return body;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  test("is answered with where to ask, and done", async () => {
    const { status, body, headers } = await house.entry.request("POST", "/v1/messages", MESSAGE, ASYNC);
    expect(status, JSON.stringify(body)).toBe(202);
    expect(headers.get("location")).toBe(`/v1/messages/${body.id}`);
    expect(headers.get("preference-applied")).toBe("respond-async");
    expect(await until(body.id, "sent")).toMatchObject({ reply: { code: 250 }, attempts: 1, content: null });
    const arrived = house.smtp.received.filter(({ text }) => text.includes(body.messageId));
    expect(arrived).toMatchObject([{ envelope: { to: ["b@example.com"] }, secure: true, username: "user" }]);
  });

  test("of a message of 3 MB delivers every octet", async () => {
    const content = Buffer.alloc(2_250_000, "edgepost ").toString("base64");
    const attachments = [{ filename: "scan.bin", content, encoding: "base64" }];
    const { body } = await house.entry.request("POST", "/v1/messages", { ...MESSAGE, attachments }, ASYNC);
    await until(body.id, "sent");
    const arrived = house.smtp.received.find(({ text }) => text.includes(body.messageId));
    // A difference of 3 MB is told without showing it.
    expect(arrived?.text.replaceAll("\r\n", "").includes(content)).toBe(true);
  });

  test("waits for its time, which may be changed, and is taken back", async () => {
    const { body } = await house.entry.request("POST", "/v1/messages", { ...MESSAGE, sendAt: FAR });
    expect(body).toMatchObject({ state: "scheduled", dueAt: FAR });
    const sendAt = "2098-01-01T00:00:00.000Z";
    const changed = await house.entry.request("PATCH", `/v1/messages/${body.id}`, { sendAt });
    expect(changed).toMatchObject({ status: 200, body: { state: "scheduled", dueAt: sendAt } });
    const cancelled = await house.entry.request("POST", `/v1/messages/${body.id}/cancel`);
    expect(cancelled).toMatchObject({ status: 200, body: { state: "cancelled", dueAt: null } });
    for (const [method, path, change] of [
      ["PATCH", "", { sendAt }],
      ["POST", "/cancel", undefined],
      ["POST", "/retry", undefined],
    ] as const) {
      const late = await house.entry.request(method, `/v1/messages/${body.id}${path}`, change);
      expect(late).toMatchObject({ status: 409, body: { code: "conflict" } });
    }
  });

  test("is for later in a batch, too", async () => {
    const messages = [MESSAGE, { ...MESSAGE, to: "nobody@example.com" }];
    const { status, body } = await house.entry.request("POST", "/v1/messages/batch", { messages }, ASYNC);
    expect({ status, states: body.results.map(({ state }: { state: string }) => state) }).toEqual({
      status: 202,
      states: ["queued", "queued"],
    });
    await until(body.results[0].id, "sent");
    const failed = await until(body.results[1].id, "failed");
    expect(failed).toMatchObject({ recipients: [{ state: "rejected", reply: { code: 550 } }] });
    expect((await house.entry.request("GET", `/v1/messages/${failed.id}/events`)).body.attempts).toHaveLength(1);
  });

  test("that a mail server puts off is tried again later, which is told", async () => {
    const { body } = await house.entry.request("POST", "/v1/messages", { ...MESSAGE, to: "later@example.com" }, ASYNC);
    const deferred = await until(body.id, "deferred");
    expect(deferred).toMatchObject({ recipients: [{ state: "deferred", reply: { code: 450 } }], attempts: 1 });
    expect(Date.parse(deferred.dueAt)).toBeGreaterThan(Date.parse(body.createdAt));
    expect((await house.entry.request("POST", `/v1/messages/${body.id}/cancel`)).status).toBe(200);
  });
}
