import type { OutgoingMail, Receipt, SendOptions } from "@edgepost/core";
import { MailError } from "@edgepost/core";
import { createPool, type Pool, type PoolOptions, type Session } from "@edgepost/core/smtp";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { aMessage } from "../../support/message.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Sessions that do what they are told, when they are told. */
class FakeServer {
  readonly sessions: FakeSession[] = [];
  open = 0;
  mostOpen = 0;
  /** What stands before a session: nothing, unless the test says otherwise. */
  greet: (signal: AbortSignal) => Promise<void> = async () => {};
  /** How long a session that could not be opened takes to leave: it is gone at once, unless the test says otherwise. */
  leave: (() => Promise<void>) | undefined;
  /** How a session carries a message: at once, unless the test says otherwise. */
  carry: (session: FakeSession, mail: OutgoingMail, options: SendOptions) => Promise<void> = async () => {};

  pool(limits: Partial<PoolOptions["limits"]> = {}, totalMs = 60_000): Pool {
    return createPool({
      open: async ({ signal, onLeaving }) => {
        this.mostOpen = Math.max(this.mostOpen, ++this.open);
        try {
          await this.greet(signal);
        } catch (error) {
          if (this.leave === undefined) this.open--;
          else onLeaving(this.leave().then(() => void this.open--));
          throw error;
        }
        const session = new FakeSession(this);
        this.sessions.push(session);
        return session;
      },
      limits: { maxConnections: 2, maxMessages: 100, idleMs: 30_000, ...limits },
      totalMs,
    });
  }
}

class FakeSession implements Session {
  usable = true;
  readonly sent: string[] = [];
  resets = 0;
  isClosed = false;
  readonly #server: FakeServer;

  constructor(server: FakeServer) {
    this.#server = server;
  }

  async send(mail: OutgoingMail, options: SendOptions): Promise<Receipt> {
    await this.#server.carry(this, mail, options);
    this.sent.push(mail.messageId);
    return aReceipt(mail);
  }

  async reset(): Promise<void> {
    this.resets++;
  }

  async quit(): Promise<void> {
    await undefined;
    this.isClosed = true;
    this.#server.open--;
  }
}

function aMail(messageId = "<1@example.com>"): OutgoingMail {
  const message = aMessage({ messageId });
  return {
    message,
    envelope: message.envelope,
    messageId,
    bytes: async () => new Uint8Array(),
    stream: () => new Blob([]).stream(),
  };
}

function aReceipt({ messageId, envelope }: OutgoingMail): Receipt {
  return {
    messageId,
    accepted: envelope.to,
    rejected: [],
    reply: undefined,
    transport: "fake",
    size: 0,
    downgrades: [],
  };
}

/** Holds messages until they are let go, first come first. */
function gate() {
  const held: (() => void)[] = [];
  return {
    wait: () => new Promise<void>((resolve) => held.push(resolve)),
    release: async () => {
      held.shift()?.();
      await settle();
    },
    get length() {
      return held.length;
    },
  };
}

const settle = () => vi.advanceTimersByTimeAsync(0);

function untilAborted(_: FakeSession, __: OutgoingMail, { signal }: SendOptions): Promise<void> {
  return new Promise((_resolve, reject) => {
    signal?.addEventListener("abort", () => {
      reject(new MailError("aborted", "The send was aborted.", { phase: "data", cause: signal.reason }));
    });
  });
}

describe("connections", () => {
  test("are opened when a message needs one, and used again", async () => {
    const server = new FakeServer();
    const pool = server.pool();
    expect(server.sessions).toHaveLength(0);
    await pool.send(aMail("<1@x>"));
    await pool.send(aMail("<2@x>"));
    expect(server.sessions.map(({ sent }) => sent)).toEqual([["<1@x>", "<2@x>"]]);
  });

  test("are never more than the maximum, with 10,000 messages at once", async () => {
    const server = new FakeServer();
    const pool = server.pool({ maxConnections: 5, maxMessages: 7 });
    const receipts = await Promise.all(Array.from({ length: 10_000 }, (_, index) => pool.send(aMail(`<${index}@x>`))));
    expect(receipts.map(({ messageId }) => messageId)).toEqual(receipts.map((_, index) => `<${index}@x>`));
    expect(server.mostOpen).toBe(5);
    expect(server.sessions.flatMap(({ sent }) => sent)).toHaveLength(10_000);
  });

  test("are replaced after the most messages one may carry", async () => {
    const server = new FakeServer();
    const pool = server.pool({ maxConnections: 1, maxMessages: 2 });
    await Promise.all(["<1@x>", "<2@x>", "<3@x>"].map((id) => pool.send(aMail(id))));
    expect(server.sessions.map(({ sent }) => sent)).toEqual([["<1@x>", "<2@x>"], ["<3@x>"]]);
    expect(server.sessions[0]?.isClosed).toBe(true);
  });

  test("are closed when nobody uses them, each at its own time", async () => {
    const server = new FakeServer();
    const hold = gate();
    server.carry = hold.wait;
    const pool = server.pool({ idleMs: 1_000 });
    void pool.send(aMail());
    void pool.send(aMail());
    await settle();
    await hold.release();
    await vi.advanceTimersByTimeAsync(600);
    await hold.release();
    await vi.advanceTimersByTimeAsync(400);
    expect(server.sessions.map(({ isClosed }) => isClosed)).toEqual([true, false]);
    await vi.advanceTimersByTimeAsync(600);
    expect(server.sessions.map(({ isClosed }) => isClosed)).toEqual([true, true]);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("are not used again after the server closed them", async () => {
    const server = new FakeServer();
    const pool = server.pool({ maxConnections: 1 });
    await pool.send(aMail());
    const [session] = server.sessions;
    if (session !== undefined) session.usable = false;
    await pool.send(aMail());
    expect(server.sessions).toHaveLength(2);
    expect(session?.isClosed).toBe(true);
    expect(server.mostOpen).toBe(1);
  });

  test("are not used again after a broken exchange", async () => {
    const server = new FakeServer();
    const pool = server.pool();
    server.carry = async (session) => {
      session.usable = false;
      throw new MailError("timeout", "…", { phase: "data", retryable: true });
    };
    await expect(pool.send(aMail())).rejects.toMatchObject({ code: "timeout", phase: "data" });
    server.carry = async () => {};
    await pool.send(aMail());
    expect(server.sessions[0]?.isClosed).toBe(true);
    expect(server.sessions).toHaveLength(2);
  });

  test("are reset after a refused message, and used again", async () => {
    const server = new FakeServer();
    const pool = server.pool();
    server.carry = async () => {
      throw new MailError("recipients-rejected", "…", { phase: "rcpt" });
    };
    await expect(pool.send(aMail())).rejects.toMatchObject({ code: "recipients-rejected" });
    server.carry = async () => {};
    await pool.send(aMail());
    expect(server.sessions).toHaveLength(1);
    expect(server.sessions[0]?.resets).toBe(1);
  });

  test("are closed when they cannot be reset", async () => {
    const server = new FakeServer();
    const pool = server.pool();
    server.carry = async (session) => {
      session.reset = () => Promise.reject(new Error("no"));
      throw new MailError("recipients-rejected", "…", { phase: "rcpt" });
    };
    await expect(pool.send(aMail())).rejects.toMatchObject({ code: "recipients-rejected" });
    await settle();
    expect(server.sessions[0]?.isClosed).toBe(true);
  });
});

describe("a session found dead before it answered", () => {
  const foundDead = () => new MailError("connection-lost", "…", { phase: "idle", retryable: true });

  test("is replaced without a word, when it was used before", async () => {
    const server = new FakeServer();
    const pool = server.pool({ maxConnections: 1 });
    await pool.send(aMail("<1@x>"));
    server.carry = async (session) => {
      if (session !== server.sessions[0]) return;
      session.usable = false;
      throw foundDead();
    };
    await expect(pool.send(aMail("<2@x>"))).resolves.toMatchObject({ messageId: "<2@x>" });
    expect(server.sessions.map(({ sent }) => sent)).toEqual([["<1@x>"], ["<2@x>"]]);
    expect(server.mostOpen).toBe(1);
  });

  test("keeps its place for its successor", async () => {
    const server = new FakeServer();
    const pool = server.pool({ maxConnections: 1 });
    await pool.send(aMail("<1@x>"));
    const [dead] = server.sessions;
    const late: Promise<Receipt>[] = [];
    server.carry = async (session) => {
      if (session === dead) throw foundDead();
    };
    const comeInTurns = async () => {
      for (let tick = 0; tick < 5; tick++) {
        await undefined;
        late.push(pool.send(aMail(`<late-${tick}@x>`)));
      }
    };
    const quit = dead?.quit.bind(dead);
    if (dead && quit) {
      dead.quit = async () => {
        await quit();
        // Whoever comes in the very moment the socket is gone waits in line like anybody.
        void comeInTurns();
      };
    }
    await pool.send(aMail("<2@x>"));
    await Promise.all(late);
    expect([late.length, server.mostOpen]).toEqual([5, 1]);
  });

  test("is replaced once", async () => {
    const server = new FakeServer();
    const pool = server.pool();
    await pool.send(aMail());
    server.carry = async (session) => {
      session.usable = false;
      throw foundDead();
    };
    await expect(pool.send(aMail())).rejects.toMatchObject({ code: "connection-lost", phase: "idle" });
    expect(server.sessions).toHaveLength(2);
  });

  test("nothing is sent again when more than that happened", async () => {
    const server = new FakeServer();
    const pool = server.pool();
    await pool.send(aMail());
    for (const [code, phase] of [
      ["connection-lost", "mail"],
      ["delivery-unknown", "body"],
    ] as const) {
      const carry = vi.fn(async () => {
        throw new MailError(code, "…", { phase });
      });
      server.carry = carry;
      await expect(pool.send(aMail())).rejects.toMatchObject({ code, phase });
      expect(carry).toHaveBeenCalledTimes(1);
    }
  });
});

describe("waiting", () => {
  test("is in line", async () => {
    const server = new FakeServer();
    const hold = gate();
    server.carry = hold.wait;
    const pool = server.pool({ maxConnections: 1 });
    const done: string[] = [];
    for (const id of ["<1@x>", "<2@x>", "<3@x>"])
      void pool.send(aMail(id)).then(({ messageId }) => done.push(messageId));
    await settle();
    for (let count = 1; count <= 3; count++) {
      expect(hold.length).toBe(1);
      await hold.release();
      expect(done).toHaveLength(count);
    }
    expect(done).toEqual(["<1@x>", "<2@x>", "<3@x>"]);
  });

  test("can be given up, without harm to the others", async () => {
    const server = new FakeServer();
    const hold = gate();
    server.carry = hold.wait;
    const pool = server.pool({ maxConnections: 1 });
    const caller = new AbortController();
    const first = pool.send(aMail("<1@x>"));
    const second = pool.send(aMail("<2@x>"), { signal: caller.signal });
    const third = pool.send(aMail("<3@x>"));
    await settle();
    caller.abort("enough");
    await expect(second).rejects.toMatchObject({
      code: "aborted",
      phase: "connect",
      retryable: false,
      cause: "enough",
    });
    await hold.release();
    await hold.release();
    await Promise.all([first, third]);
    expect(server.sessions.map(({ sent }) => sent)).toEqual([["<1@x>", "<3@x>"]]);
  });

  test("ends with the time for the whole send", async () => {
    const server = new FakeServer();
    server.carry = () => new Promise(() => {});
    const pool = server.pool({ maxConnections: 1 }, 5_000);
    void pool.send(aMail());
    const outcome = expect(pool.send(aMail())).rejects.toMatchObject({
      code: "timeout",
      phase: "connect",
      retryable: true,
    });
    await vi.advanceTimersByTimeAsync(5_000);
    await outcome;
  });

  test("is part of the time for the whole send, and so is all the rest", async () => {
    const server = new FakeServer();
    server.carry = untilAborted;
    const outcome = expect(server.pool({}, 5_000).send(aMail())).rejects.toMatchObject({
      code: "timeout",
      phase: "data",
      retryable: true,
    });
    await vi.advanceTimersByTimeAsync(5_000);
    await outcome;
  });

  test("says aborted when it was the caller, not the clock", async () => {
    const server = new FakeServer();
    server.carry = untilAborted;
    const caller = new AbortController();
    const send = server.pool().send(aMail(), { signal: caller.signal });
    await settle();
    caller.abort();
    await expect(send).rejects.toMatchObject({ code: "aborted", phase: "data", retryable: false });
  });

  test("an outcome that is unknown stays unknown when the time is over", async () => {
    const server = new FakeServer();
    server.carry = (_, __, { signal }) =>
      new Promise((_resolve, reject) => {
        const unknown = new MailError("delivery-unknown", "…", { phase: "body" });
        signal?.addEventListener("abort", () => reject(unknown));
      });
    const send = server.pool({}, 1_000).send(aMail());
    const outcome = expect(send).rejects.toMatchObject({ code: "delivery-unknown", retryable: false });
    await vi.advanceTimersByTimeAsync(1_000);
    await outcome;
  });

  test("sends nothing for a caller who gave up before", async () => {
    const server = new FakeServer();
    const send = server.pool().send(aMail(), { signal: AbortSignal.abort() });
    await expect(send).rejects.toMatchObject({ code: "aborted" });
    expect(server.sessions).toHaveLength(0);
  });

  test("leaves no timer behind", async () => {
    const server = new FakeServer();
    const pool = server.pool();
    await Promise.all([pool.send(aMail()), pool.send(aMail()), pool.send(aMail())]);
    await pool.close();
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("a connection that cannot be opened", () => {
  test("fails the message it was opened for, and lets the next try", async () => {
    const server = new FakeServer();
    const pool = server.pool();
    const refusal = new MailError("connect-failed", "…", { phase: "connect", retryable: true });
    server.greet = () => Promise.reject(refusal);
    await expect(pool.send(aMail())).rejects.toBe(refusal);
    server.greet = async () => {};
    await expect(pool.send(aMail())).resolves.toBeDefined();
  });

  test("counts until its socket is closed, though its message has failed", async () => {
    const server = new FakeServer();
    const farewell = gate();
    server.greet = () => Promise.reject(new MailError("auth-failed", "Later.", { phase: "auth", retryable: true }));
    server.leave = farewell.wait;
    const pool = server.pool({ maxConnections: 1 });
    const first = pool.send(aMail()).catch((error) => error.code);
    const second = pool.send(aMail()).catch((error) => error.code);
    expect(await first).toBe("auth-failed");
    const closing = pool.close();
    await settle();
    expect([server.open, farewell.length]).toEqual([1, 1]);
    await farewell.release();
    expect([server.open, farewell.length, await second]).toEqual([1, 1, "auth-failed"]);
    await farewell.release();
    await closing;
    expect([server.open, server.mostOpen]).toEqual([0, 1]);
  });

  test("a wrong password is tried for those under way, not for everyone who waits", async () => {
    const server = new FakeServer();
    const refusal = new MailError("auth-failed", "…", { phase: "auth" });
    const attempts = vi.fn(() => Promise.reject(refusal));
    server.greet = attempts;
    const pool = server.pool({ maxConnections: 2 });
    const errors = await Promise.all(Array.from({ length: 1_000 }, () => pool.send(aMail()).catch((error) => error)));
    expect(errors.every((error) => error === refusal)).toBe(true);
    expect(attempts).toHaveBeenCalledTimes(2);
    expect(server.open).toBe(0);
  });

  test("a caller who gives up while it opens does not speak for the others", async () => {
    const server = new FakeServer();
    const caller = new AbortController();
    server.greet = (signal) =>
      new Promise((resolve, reject) => {
        if (server.sessions.length === 0 && !caller.signal.aborted) {
          signal.addEventListener("abort", () => reject(new MailError("aborted", "…", { phase: "connect" })));
        } else resolve();
      });
    const pool = server.pool({ maxConnections: 1 });
    const first = pool.send(aMail("<1@x>"), { signal: caller.signal });
    const second = pool.send(aMail("<2@x>"));
    await settle();
    caller.abort();
    await expect(first).rejects.toMatchObject({ code: "aborted" });
    await expect(second).resolves.toMatchObject({ messageId: "<2@x>" });
  });
});

describe("the rate", () => {
  test("holds for the whole pool", async () => {
    const server = new FakeServer();
    const pool = server.pool({ maxConnections: 5, rate: { messages: 2, perMs: 1_000 } });
    let done = 0;
    for (let count = 0; count < 5; count++) void pool.send(aMail()).then(() => done++);
    await settle();
    expect(done).toBe(2);
    await vi.advanceTimersByTimeAsync(999);
    expect(done).toBe(2);
    await vi.advanceTimersByTimeAsync(1);
    expect(done).toBe(4);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(done).toBe(5);
  });

  test("is named when a message waits for it too long", async () => {
    const server = new FakeServer();
    const pool = server.pool({ rate: { messages: 1, perMs: 60_000 } }, 5_000);
    await pool.send(aMail());
    const outcome = expect(pool.send(aMail())).rejects.toMatchObject({ code: "rate-limited", retryable: true });
    await vi.advanceTimersByTimeAsync(5_000);
    await outcome;
  });
});

describe("closing", () => {
  test("lets what it has finish, also what waits, and says goodbye", async () => {
    const server = new FakeServer();
    const hold = gate();
    server.carry = hold.wait;
    const pool = server.pool({ maxConnections: 1 });
    const sends = [pool.send(aMail("<1@x>")), pool.send(aMail("<2@x>"))];
    await settle();
    const closed = vi.fn();
    void pool.close().then(closed);
    await expect(pool.send(aMail())).rejects.toMatchObject({ code: "closed" });
    await hold.release();
    expect(closed).not.toHaveBeenCalled();
    await hold.release();
    await Promise.all(sends);
    expect(closed).toHaveBeenCalledTimes(1);
    expect(server.sessions.map(({ sent }) => sent)).toEqual([["<1@x>", "<2@x>"]]);
    expect(server.open).toBe(0);
  });

  test("closes idle connections at once, and twice is once", async () => {
    const server = new FakeServer();
    const pool = server.pool();
    await pool.send(aMail());
    await Promise.all([pool.close(), pool.close()]);
    expect(server.sessions[0]?.isClosed).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("does not wait for anything when nothing was sent", async () => {
    await new FakeServer().pool().close();
  });

  test("does not wait for a message that was given up", async () => {
    const server = new FakeServer();
    const hold = gate();
    server.carry = hold.wait;
    const pool = server.pool({ maxConnections: 1 });
    const caller = new AbortController();
    const carried = pool.send(aMail());
    const waiting = pool.send(aMail(), { signal: caller.signal });
    await settle();
    const closing = pool.close();
    caller.abort();
    await expect(waiting).rejects.toMatchObject({ code: "aborted" });
    await hold.release();
    await Promise.all([closing, carried]);
    expect(server.open).toBe(0);
  });
});
