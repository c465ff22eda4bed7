import type { SmtpConnection } from "@edgepost/core";
import { describe, expect, onTestFinished, test } from "vitest";
import { startSmtpServer, type TestSmtpServer, type TestSmtpServerOptions } from "../../support/smtp-server.ts";
import { readWranglerConfig } from "../../support/wrangler.ts";
import { temporaryFolder } from "../store/drivers.ts";
import { type CloudflareHouse, type CloudflareHouseOptions, startCloudflareHouse } from "./cloudflare-house.ts";
import { engineSuite } from "./engine-suite.ts";

describe("the engine of Cloudflare, in workerd with its Queues, D1 and R2,", () => {
  engineSuite(startCloudflareHouse);
});

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const [EVERY_MINUTE = "", EVERY_HOUR = ""] = readWranglerConfig().triggers.crons;
const MESSAGE = { connection: "main", from: "a@example.com", to: "b@example.com", subject: "Hi", text: "Hello" };
const ASYNC = { prefer: "respond-async" };

interface Scene extends CloudflareHouse {
  /** Stores a message for later; the id it got. */
  store(message?: object): Promise<string>;
  state(id: string): Promise<string>;
  until(check: () => Promise<boolean>): Promise<void>;
}

async function open(smtp: TestSmtpServer, options: CloudflareHouseOptions = {}): Promise<Scene> {
  const house = await startCloudflareHouse(at(smtp), options);
  onTestFinished(() => house.close());
  return {
    ...house,
    async store(message = {}) {
      const answer = await house.ask("POST", "/v1/messages", { ...MESSAGE, ...message }, ASYNC);
      expect(answer.status, JSON.stringify(answer.body)).toBe(202);
      return answer.body.id;
    },
    state: async (id) => (await house.ask("GET", `/v1/messages/${id}`)).body.state,
    async until(check) {
      while (!(await check())) await new Promise((resolve) => setTimeout(resolve, 20));
    },
  };
}

async function mailServer(options: TestSmtpServerOptions = {}): Promise<TestSmtpServer> {
  const smtp = await startSmtpServer({ security: "none", ...options });
  onTestFinished(() => smtp.close());
  return smtp;
}

function at({ port }: TestSmtpServer): SmtpConnection {
  return { host: "127.0.0.1", port, security: "none" };
}

describe("a batch", () => {
  test("is sent by connection, each over one session", async () => {
    const [first, second] = [await mailServer(), await mailServer()];
    const house = await open(first, { connections: { other: at(second) } });
    // All of them are announced at once: by the sweep that finds them.
    await house.fail("lost-announcements");
    for (let index = 0; index < 8; index++) await house.store({ connection: index % 2 === 0 ? "main" : "other" });
    await house.fail("none");
    await house.leap(3 * MINUTE_MS);
    await house.trigger(EVERY_MINUTE);
    await Promise.all([first.waitFor(4), second.waitFor(4)]);
    expect((await house.told()).batches.map((ids) => ids.length)).toEqual([8]);
    expect([first.connections, second.connections]).toEqual([1, 1]);
  });

  test("of more connections than it may have sockets is sent all the same", async () => {
    const servers = await Promise.all(Array.from({ length: 7 }, () => mailServer()));
    const [main, ...others] = servers;
    if (main === undefined) throw new Error("Seven were started.");
    const connections = Object.fromEntries(others.map((server, index) => [`other-${index}`, at(server)]));
    const house = await open(main, { connections });
    await house.fail("lost-announcements");
    for (const connection of ["main", ...Object.keys(connections)]) await house.store({ connection });
    await house.fail("none");
    await house.leap(3 * MINUTE_MS);
    await house.trigger(EVERY_MINUTE);
    await Promise.all(servers.map((server) => server.waitFor(1)));
    expect(servers.map(({ connections }) => connections)).toEqual(servers.map(() => 1));
  });
});

describe("a large message", () => {
  /** Octets of 5 MB that no compression and no other message has. */
  const content = Buffer.from(Array.from({ length: 5_000_000 }, (_, index) => (index * index) % 251)).toString(
    "base64",
  );
  const attachments = [{ filename: "scan.bin", content, encoding: "base64" }];
  const far = "2099-01-01T00:00:00Z";

  test("waits in the bucket, arrives octet by octet, and is gone from there in an hour or two", async () => {
    const smtp = await mailServer();
    const house = await open(smtp);
    const [sent, waiting] = [
      await house.store({ attachments, sendAt: far }),
      await house.store({ attachments, sendAt: far }),
    ];
    await house.store({ sendAt: far });
    const kept = await house.worker.readBucket("BODIES");
    expect([...kept.keys()].sort()).toEqual([`bodies/${sent}`, `bodies/${waiting}`].sort());
    const body = kept.get(`bodies/${sent}`) ?? new Uint8Array();
    expect(body.length).toBeGreaterThan(content.length);

    await house.ask("PATCH", `/v1/messages/${sent}`, { sendAt: new Date().toISOString() });
    const [arrived] = await smtp.waitFor(1);
    expect(Buffer.from(arrived?.raw ?? []).equals(body)).toBe(true);
    await house.until(async () => (await house.state(sent)) === "sent");
    expect((await house.ask("GET", `/v1/messages/${sent}`)).body.content).toBeNull();

    await house.leap(2 * HOUR_MS);
    await house.trigger(EVERY_HOUR);
    expect([...(await house.worker.readBucket("BODIES")).keys()]).toEqual([`bodies/${waiting}`]);
    const { body: message } = await house.ask("GET", `/v1/messages/${waiting}`);
    expect(Buffer.from(message.content, "base64").equals(kept.get(`bodies/${waiting}`) ?? new Uint8Array())).toBe(true);
  });
});

describe("a message for much later", () => {
  test("is kept from the queue, which holds nothing for so long, until a trigger finds it in reach", async () => {
    const smtp = await mailServer();
    const house = await open(smtp);
    const id = await house.store({ sendAt: new Date(Date.now() + 30 * HOUR_MS).toISOString() });
    const delays = async () =>
      (await house.told()).announced.filter((one) => one.id === id).map((one) => one.delaySeconds);
    await house.trigger(EVERY_MINUTE);
    expect(await delays()).toEqual([]);
    await house.leap(7 * HOUR_MS);
    for (let minute = 0; minute < 3; minute++) await house.trigger(EVERY_MINUTE);
    const [delay = 0, ...more] = await delays();
    expect(more).toEqual([]);
    expect(delay).toBeGreaterThan(22 * 3_600);
    expect(delay).toBeLessThanOrEqual(23 * 3_600);
    expect(await house.state(id)).toBe("scheduled");

    // The queue of the test keeps to a clock of its own, and so the message is found when it is overdue.
    await house.leap(24 * HOUR_MS);
    await house.trigger(EVERY_MINUTE);
    await smtp.waitFor(1);
    expect(await delays()).toEqual([delay, 0]);
  });
});

describe("a consumer that dies", () => {
  test.each([
    ["before it has done anything", "before"],
    ["after it has done everything", "after"],
  ] as const)("%s gets its batch again, and its message arrives once", async (_when, fault) => {
    const smtp = await mailServer();
    const house = await open(smtp);
    await house.fail(fault);
    const id = await house.store();
    const came = async () => (await house.told()).batches.filter((ids) => ids.includes(id)).length;
    await house.until(async () => (await came()) >= 2);
    await house.fail("none");
    const before = await came();
    await house.until(async () => (await came()) > before && (await house.state(id)) === "sent");
    expect(smtp.received).toHaveLength(1);
    expect((await house.ask("GET", `/v1/messages/${id}`)).body.attempts).toBe(1);
  });

  test.each([
    ["before the final dot", "sent", "RCPT", 1],
    ["after it", "unknown", "DATA", 0],
  ] as const)(
    "with its isolate, %s: its message is, when the lease is over, %s",
    async (_when, state, stage, arrived) => {
      const reached = Promise.withResolvers<void>();
      let isStuck = true;
      const smtp = await mailServer({
        beforeReply(command) {
          if (command !== stage || !isStuck) return undefined;
          reached.resolve();
          return new Promise(() => {});
        },
      });
      const folder = temporaryFolder();
      const dying = await open(smtp, { folder });
      const id = await dying.store();
      await reached.promise;
      await dying.close();
      isStuck = false;

      const house = await open(smtp, { folder });
      await house.trigger(EVERY_MINUTE);
      expect(await house.state(id)).toBe("sending");
      await house.leap(25 * MINUTE_MS);
      await house.trigger(EVERY_MINUTE);
      // What waits again is overdue two minutes later.
      await house.leap(3 * MINUTE_MS);
      await house.trigger(EVERY_MINUTE);
      await house.until(async () => (await house.state(id)) === state);
      expect(smtp.received).toHaveLength(arrived);
    },
  );
});

describe("an id that ends in the dead-letter queue", () => {
  test("was no more than a word about a row, which the hourly trigger finds again", async () => {
    const smtp = await mailServer();
    const house = await open(smtp, { consumer: { maxRetries: 1, retryDelay: 0 } });
    await house.fail("before");
    const id = await house.store();
    const died = (times: number) => house.until(async () => (await house.told()).dead.length === times);
    await died(1);
    await house.leap(3 * MINUTE_MS);
    await house.trigger(EVERY_MINUTE);
    await died(2);
    await house.fail("none");
    await house.leap(HOUR_MS);
    await house.trigger(EVERY_MINUTE);
    expect((await house.told()).announced).toHaveLength(2);
    expect(await house.state(id)).toBe("queued");
    await house.trigger(EVERY_HOUR);
    await smtp.waitFor(1);
    expect((await house.told()).dead).toEqual([id, id]);
  });
});
