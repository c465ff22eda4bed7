import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { isMailError, type MailError } from "@edgepost/core";
import { createSmtpTransport } from "@edgepost/core/smtp";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { allowSecretInClear } from "../no-secrets/leaks.ts";
import { PASSWORD, USERNAME } from "../support/credentials.ts";
import { Dice } from "../support/dice.ts";
import { readyMail } from "../support/engine.ts";
import { secretsIn, textOf } from "../support/secrets.ts";
import { RandomServer } from "./random-server.ts";
import { lieOf } from "./truth.ts";

/** `pnpm fuzz:smtp` takes a million. */
const REPLIES = Number(process.env.EDGEPOST_FUZZ_REPLIES ?? 20_000);
/** Where to begin, to see a failure again. */
const FIRST_SEED = Number(process.env.EDGEPOST_FUZZ_SEED ?? 1);

/** No timeout of the engine is longer than the whole send. */
const TOTAL_MS = 60_000;
/** What is still there after so many replies is kept for good. */
const WARM_UP_REPLIES = 10_000;
const MOST_GROWTH_BYTES = 8_000_000;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test("every send to a random server ends in time, with one true and typed outcome, and tells no secret", async () => {
  allowSecretInClear();
  const outcomes = new Map<string, number>();
  let replies = 0;
  let sends = 0;
  let warmBytes: number | undefined;
  for (let seed = FIRST_SEED; replies < REPLIES; seed++) {
    const dice = new Dice(seed);
    const server = new RandomServer(dice);
    for (const outcome of await sendSome(seed, dice, server)) {
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      sends++;
    }
    replies += server.replies;
    if (replies > WARM_UP_REPLIES) warmBytes ??= heapBytes();
  }
  const grownBytes = heapBytes() - (warmBytes ?? 0);
  console.log(
    `fuzz: ${replies} replies to ${sends} sends, ${outcomes.size} kinds of outcome, heap ${grownBytes} bytes more`,
  );
  expect(vi.getTimerCount()).toBe(0);
  expect(grownBytes).toBeLessThan(MOST_GROWTH_BYTES);
  // The servers are mad enough to be worth the time, and sane enough to be talked to.
  expect(outcomes.size).toBeGreaterThan(20);
  expect(outcomes.get("receipt")).toBeGreaterThan(sends / 10);
}, 3_600_000);

/** Some mails over one transport, one after the other. Throws when anything is wrong; answers what came of them. */
async function sendSome(seed: number, dice: Dice, server: RandomServer): Promise<readonly string[]> {
  const lines: string[] = [];
  const transport = createSmtpTransport(
    server.connect,
    {
      host: "mail.example",
      security: dice.pick(["none", "starttls", "opportunistic"]),
      allowClearText: true,
      auth: { username: USERNAME, password: PASSWORD },
      timeouts: { totalMs: TOTAL_MS },
      pool: { maxConnections: 1, maxMessages: dice.pick([2, 100]) },
    },
    {
      trace: (line) => lines.push(line),
      limits: { recipients: dice.pick([1, 2, 100]), replyLines: 10, replyBytes: 1_000, replyLineBytes: 150 },
    },
  );
  const outcomes: string[] = [];
  for (let count = 1 + dice.below(3); count > 0; count--) {
    const mail = randomMail(dice);
    const [deliveries, written] = [server.deliveries.length, server.written.length];
    const caller = new AbortController();
    const sending = transport.send(mail, {
      recipients: dice.pick(["best-effort", "all-or-none"]),
      signal: caller.signal,
    });
    const outcome = await settle(sending, dice.chance(0.1) ? dice.below(60) : undefined, caller);
    const lie = lieOf(outcome, mail, {
      deliveries: server.deliveries.slice(deliveries),
      written: server.written.slice(written),
    });
    expect(lie, `seed ${seed}: ${lie}\n${lines.join("\n")}`).toBeUndefined();
    expect(secretsIn(textOf(outcome)), `seed ${seed}`).toEqual([]);
    outcomes.push(isMailError(outcome) ? `${outcome.code} in ${outcome.phase}` : "receipt");
  }
  await settle(transport.close?.() ?? Promise.resolve());
  expect(secretsIn(lines.join("\n")), `seed ${seed}`).toEqual([]);
  return outcomes;
}

function randomMail(dice: Dice) {
  const to = dice.pick<readonly [string, ...string[]]>([["b@x"], ["b@x", "c@x"], ["b@x", "c@x", "d@x"]]);
  return readyMail({ to, streamed: dice.chance(0.3) });
}

/** What became of it, or that it did not end in time. The caller gives up after some turns, if at all. */
async function settle<T>(
  work: Promise<T>,
  turnsToAbort = Number.POSITIVE_INFINITY,
  caller?: AbortController,
): Promise<T | MailError> {
  let outcome: { readonly value: T | MailError } | undefined;
  work.then(
    (value) => {
      outcome = { value };
    },
    (error) => {
      if (!isMailError(error)) throw error;
      outcome = { value: error };
    },
  );
  let turns = 0;
  for (let waitedMs = 0; outcome === undefined && waitedMs <= TOTAL_MS + 5_000; waitedMs += 1_000) {
    for (let turn = 0; outcome === undefined && turn < 50; turn++) {
      if (turns++ === turnsToAbort) caller?.abort();
      await vi.advanceTimersByTimeAsync(0);
    }
    if (outcome === undefined) await vi.advanceTimersByTimeAsync(1_000);
  }
  if (outcome === undefined) throw new Error("It does not end.");
  return outcome.value;
}

/** After the collection of everything that nobody holds. */
function heapBytes(): number {
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("gc");
  if (typeof collect === "function") collect();
  return process.memoryUsage().heapUsed;
}
