import { describe, expect, test } from "vitest";
import { createSendQueue } from "../../packages/server/src/connections/send-queue.ts";
import { acceptAll, MESSAGE, testEndpoint } from "./endpoint.ts";

const ONE = { atOnce: 1, withinMs: 60_000 };

describe("a queue", () => {
  test("lets in as many as there are places, and the others in the order they came", async () => {
    const queue = createSendQueue();
    const order: string[] = [];
    const first = await queue.enter("main", ONE);
    const waiting = ["b", "c"].map(async (name) => {
      const leave = await queue.enter("main", ONE);
      order.push(name);
      leave();
    });
    order.push("a");
    first();
    await Promise.all(waiting);
    expect(order).toEqual(["a", "b", "c"]);
    (await queue.enter("main", ONE))();
  });

  test("takes a place back once", async () => {
    const queue = createSendQueue();
    const leave = await queue.enter("main", ONE);
    leave();
    leave();
    await queue.enter("main", ONE);
    await expect(queue.enter("main", { ...ONE, withinMs: 1 })).rejects.toMatchObject({ code: "timeout" });
  });

  test("of one connection is not that of another", async () => {
    const queue = createSendQueue();
    await queue.enter("main", ONE);
    await expect(queue.enter("other", ONE)).resolves.toBeTypeOf("function");
  });

  test("tells who waited too long that nothing was sent, and gives the place to the next", async () => {
    const queue = createSendQueue();
    const leave = await queue.enter("main", ONE);
    const late = queue.enter("main", { ...ONE, withinMs: 1 });
    const patient = queue.enter("main", ONE);
    await expect(late).rejects.toMatchObject({ code: "timeout", phase: "idle", retryable: true });
    leave();
    await expect(patient).resolves.toBeTypeOf("function");
  });
});

describe("an endpoint with a queue", () => {
  const connections = { main: { host: "mail.example.com", pool: { maxConnections: 1 } } };

  test("writes a message down when its turn comes, not before", async () => {
    const { promise: mayFinish, resolve: finish } = Promise.withResolvers<void>();
    const { promise: began, resolve: begin } = Promise.withResolvers<void>();
    const endpoint = testEndpoint({
      connections,
      queue: createSendQueue(),
      send: async (mail) => {
        begin();
        await mayFinish;
        return acceptAll(mail);
      },
    });
    const both = [endpoint.post(MESSAGE), endpoint.post(MESSAGE)];
    await began;
    expect((await endpoint.ask("GET", "/v1/messages")).body.messages).toMatchObject([{ state: "sending" }]);
    finish();
    expect((await Promise.all(both)).map(({ status }) => status)).toEqual([200, 200]);
    expect((await endpoint.ask("GET", "/v1/messages")).body.messages).toHaveLength(2);
  });

  test("goes on after a send that failed", async () => {
    const endpoint = testEndpoint({
      connections,
      queue: createSendQueue(),
      send: () => Promise.reject(new Error("no")),
    });
    expect((await endpoint.post(MESSAGE)).status).toBe(500);
    expect((await endpoint.post(MESSAGE)).status).toBe(500);
  });

  test("sends what waited through a stored connection that was changed meanwhile", async () => {
    const { promise: mayFinish, resolve: finish } = Promise.withResolvers<void>();
    const { promise: began, resolve: begin } = Promise.withResolvers<void>();
    let open = 0;
    const endpoint = testEndpoint({
      queue: createSendQueue(),
      transport: () => {
        let isClosed = false;
        open++;
        return {
          name: "test",
          async send(mail) {
            begin();
            await mayFinish;
            expect(isClosed).toBe(false);
            return acceptAll(mail);
          },
          async close() {
            isClosed = true;
            open--;
          },
        };
      },
    });
    const stored = { name: "own", host: "mail.example.org", pool: { maxConnections: 1 } };
    await endpoint.ask("POST", "/v1/connections", stored);
    const both = [1, 2].map(() => endpoint.post({ ...MESSAGE, connection: "own" }));
    await began;
    await endpoint.ask("PATCH", "/v1/connections/own", { clientName: "edge.example.org" });
    const after = endpoint.post({ ...MESSAGE, connection: "own" });
    finish();
    expect((await Promise.all([...both, after])).map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(open).toBe(2); // `main`, and the changed one
  });
});
