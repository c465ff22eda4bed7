import { isMailError, type MailError, type Receipt } from "@edgepost/core";
import { createSmtpTransport } from "@edgepost/core/smtp";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { readyMail } from "../../support/engine.ts";
import { Dice, RandomServer } from "../../support/random-server.ts";

/** Raise it for a long run; each seed is one server, some mails and about ten replies. */
const SEEDS = Number(process.env.FUZZ_SEEDS ?? 1_000);

const PASSWORD = "correct horse";

/** No timeout of the engine is longer than the whole send. */
const TOTAL_MS = 60_000;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test("every send to a random server ends in time, with one true and typed outcome, and tells no secret", async () => {
  let replies = 0;
  const outcomes = new Set<string>();
  for (let seed = 1; seed <= SEEDS; seed++) {
    const dice = new Dice(seed);
    const server = new RandomServer(dice);
    const lines: string[] = [];
    const transport = createSmtpTransport(
      server.connect,
      {
        host: "mail.example",
        security: dice.pick(["none", "starttls", "opportunistic"]),
        allowClearText: true,
        auth: { username: "ada", password: PASSWORD },
        timeouts: { totalMs: TOTAL_MS },
        pool: { maxConnections: 1, maxMessages: dice.pick([2, 100]) },
      },
      {
        trace: (line) => lines.push(line),
        limits: { recipients: dice.pick([1, 2, 100]), replyLines: 10, replyBytes: 1_000, replyLineBytes: 150 },
      },
    );
    for (let count = 1 + dice.below(3); count > 0; count--) {
      const mail = randomMail(dice);
      const before = server.wholeMessages;
      const outcome = await settle(transport.send(mail, { recipients: dice.pick(["best-effort", "all-or-none"]) }));
      const problem = judge(outcome, mail, server.wholeMessages > before);
      expect(problem, `seed ${seed}: ${problem}\n${lines.join("\n")}`).toBeUndefined();
      outcomes.add(isMailError(outcome) ? `${outcome.code} in ${outcome.phase}` : "receipt");
    }
    await settle(transport.close?.() ?? Promise.resolve());
    expect(lines.join("\n")).not.toMatch(/correct|horse|Y29ycmVjdC/);
    replies += server.replies;
  }
  // The servers are mad enough to be worth the time, and sane enough to be talked to.
  expect(replies).toBeGreaterThan(SEEDS * 5);
  expect(outcomes.size).toBeGreaterThan(20);
  expect(vi.getTimerCount()).toBe(0);
}, 3_600_000);

function randomMail(dice: Dice) {
  const to = dice.pick<[string, ...string[]]>([["b@x"], ["b@x", "c@x"], ["b@x", "c@x", "d@x"]]);
  return readyMail({ to, streamed: dice.chance(0.3) });
}

/** What became of it, or that it did not end in time. */
async function settle<T>(work: Promise<T>): Promise<T | MailError> {
  let outcome: { value: T | MailError } | undefined;
  work.then(
    (value) => {
      outcome = { value };
    },
    (error) => {
      outcome = { value: error };
    },
  );
  for (let waitedMs = 0; outcome === undefined && waitedMs <= TOTAL_MS + 5_000; waitedMs += 1_000) {
    for (let turn = 0; outcome === undefined && turn < 50; turn++) await vi.advanceTimersByTimeAsync(0);
    if (outcome === undefined) await vi.advanceTimersByTimeAsync(1_000);
  }
  if (outcome === undefined) throw new Error("It does not end.");
  return outcome.value;
}

function judge(
  outcome: Receipt | MailError,
  mail: ReturnType<typeof readyMail>,
  wasWhole: boolean,
): string | undefined {
  if (isMailError(outcome)) {
    // With several recipients there may have been several transactions, the first of them refused.
    const isOne = mail.envelope.to.length === 1;
    if (isOne && wasWhole && outcome.retryable && outcome.reply === undefined)
      return `a retry of ${outcome.code} may deliver twice`;
    return /correct|horse|Y29ycmVjdC/.test(JSON.stringify([outcome.message, outcome.reply]))
      ? "a secret is told"
      : undefined;
  }
  if (!("accepted" in outcome)) return `not a MailError: ${outcome}`;
  const named = [...outcome.accepted, ...outcome.rejected.map(({ address }) => address), ...(outcome.unknown ?? [])];
  return named.sort().join() === [...mail.envelope.to].sort().join() ? undefined : `recipients ${named} in the receipt`;
}
