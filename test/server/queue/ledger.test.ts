import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { Dice } from "../../support/dice.ts";
import { Killable } from "../../support/killable.ts";
import { temporaryFolder } from "../store/drivers.ts";
import { compare, startCountingServer, storeUntilAnswered, summary, untilOver } from "./ledgers.ts";

/** More, to be surer: `pnpm proof:ledger`. */
const MESSAGES = Number(process.env.EDGEPOST_LEDGER_MESSAGES ?? 80);
const KILLS = Number(process.env.EDGEPOST_LEDGER_KILLS ?? 3);
const SEED = Number(process.env.EDGEPOST_LEDGER_SEED ?? 1);

describe(`${MESSAGES} messages, and kill -9 ${KILLS} times (seed ${SEED})`, () => {
  test("three ledgers agree: nothing is lost, and nothing arrives twice", { timeout: 1_200_000 }, async () => {
    const dice = new Dice(SEED);
    // Moments are counted in what the mail server is asked: RCPT or the final dot, whatever comes then.
    const moments = Array.from({ length: KILLS }, () => 1 + dice.below((2 * MESSAGES) / (KILLS + 1)));
    let untilNext = moments.shift();
    const { smtp, arrivals } = await startCountingServer(dice, () => {
      if (untilNext !== undefined && --untilNext <= 0 && server.kill()) untilNext = moments.shift();
    });
    const database = join(temporaryFolder(), "edgepost.db");
    const server = new Killable(new URL("queue-server.ts", import.meta.url), { given: [database, String(smtp.port)] });
    onTestFinished(async () => {
      await server.stop();
      await smtp.close();
    });

    const subjects = Array.from({ length: MESSAGES }, (_, index) => `order-${index}`);
    const answered = await Promise.all(subjects.map((subject) => storeUntilAnswered(() => server.url, subject)));
    const rows = await untilOver(() => server.url);

    if (process.env.EDGEPOST_LEDGER_KILLS !== undefined) {
      console.log(`${server.kills} kills, ${summary(rows, arrivals)}`);
    }
    compare({ subjects, answered, rows, arrivals });
    expect(server.kills).toBe(KILLS);
  });
});
