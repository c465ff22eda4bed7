import { describe, expect, it } from "vitest";
import { startSmtpServer } from "../support/smtp-server.ts";
import { startWorker } from "../support/workerd.ts";

// On Workers a socket belongs to the request that opened it. People keep their mailer in module scope all the same, and
// elsewhere that ends in "Cannot perform I/O on behalf of a different request", or in a Worker that hangs.

const worker = (port: number, nodejsCompat: boolean) =>
  startWorker(new URL("./workers/module-scope-worker.ts", import.meta.url), {
    nodejsCompat,
    miniflare: { bindings: { SMTP_PORT: port } },
  });

describe.each([{ nodejsCompat: false }, { nodejsCompat: true }])(
  "a mailer kept in module scope, %o",
  ({ nodejsCompat }) => {
    it("delivers 200 messages of two requests at once, each over its own sessions", async () => {
      await using server = await startSmtpServer({ security: "none" });
      await using mail = await worker(server.port, nodejsCompat);
      const both = ["ada", "bob"].map((name) => mail.ask<string[]>("/", { name, messages: 100, inTurn: false }));
      const [ada, bob] = await Promise.all(both);
      expect(ada).toEqual(Array(100).fill("ada@example.com"));
      expect(bob).toEqual(Array(100).fill("bob@example.com"));
      expect(server.received).toHaveLength(200);
      expect(server.connections).toBeLessThanOrEqual(2 * 5);
      expect(mail.complaints).not.toContain("different request");
    });

    it("serves more requests at once than it remembers", async () => {
      await using server = await startSmtpServer({ security: "none" });
      await using mail = await worker(server.port, nodejsCompat);
      const requests = Array.from({ length: 50 }, (_, index) =>
        mail.ask<string[]>("/", { name: `u${index}`, messages: 3 }),
      );
      expect((await Promise.all(requests)).map(([first]) => first)).toEqual(
        requests.map((_, index) => `u${index}@example.com`),
      );
      expect(server.received).toHaveLength(150);
    });

    it("keeps a session from message to message, and none from request to request", async () => {
      await using server = await startSmtpServer({ security: "none" });
      await using mail = await worker(server.port, nodejsCompat);
      await mail.ask("/", { name: "ada", messages: 10, inTurn: true });
      expect(server.connections).toBe(1);
      await mail.ask("/", { name: "bob", messages: 10, inTurn: true });
      expect(server.connections).toBe(2);
    });

    it("is not held up by a request whose server stalls", async () => {
      let release = (): void => {};
      const stalled = new Promise<void>((resolve) => {
        release = resolve;
      });
      const beforeReply = (_command: string, address: string) => (address === "slow@example.com" ? stalled : undefined);
      await using server = await startSmtpServer({ security: "none", beforeReply });
      await using mail = await worker(server.port, nodejsCompat);
      const slow = mail.ask<string[]>("/", { name: "slow", messages: 1 });
      expect(await mail.ask("/", { name: "fast", messages: 5 })).toEqual(Array(5).fill("fast@example.com"));
      release();
      expect(await slow).toEqual(["slow@example.com"]);
    });

    it("takes no more messages of any request once it is closed", async () => {
      await using server = await startSmtpServer({ security: "none" });
      await using mail = await worker(server.port, nodejsCompat);
      await mail.ask("/", { name: "ada", messages: 1 });
      await mail.ask("/close");
      expect(await mail.ask("/", { name: "ada", messages: 1 })).toEqual([expect.stringContaining("closed")]);
    });
  },
);
