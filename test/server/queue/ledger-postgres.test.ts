import { expect, onTestFinished, test } from "vitest";
import { Dice } from "../../support/dice.ts";
import { Killable } from "../../support/killable.ts";
import { describeWithPostgres } from "../../support/postgres.ts";
import { usePostgres } from "../store/drivers.ts";
import {
  compare,
  type Step,
  startCountingServer,
  storeUntilAnswered,
  summary,
  untilOver,
  untilTakenOver,
} from "./ledgers.ts";

/** More, to be surer: `pnpm proof:ledger`. */
const MESSAGES = Number(process.env.EDGEPOST_LEDGER_MESSAGES ?? 80);
const KILLS = Number(process.env.EDGEPOST_LEDGER_KILLS ?? 3);
const SEED = Number(process.env.EDGEPOST_LEDGER_SEED ?? 1);
/** How often each of the two is frozen that are; a tenth of the kills, and once. */
const FREEZES = Math.ceil(KILLS / 10);

const ONE = "one.example";
const TWO = "two.example";
const THREE = "three.example";

const title = `${MESSAGES} messages and three servers on one Postgres (seed ${SEED})`;
describeWithPostgres(`${title}, one killed ${KILLS} times, two frozen past their leases ${FREEZES} times each`, () => {
  const postgres = usePostgres();

  test("three ledgers agree: nothing is lost, and nothing arrives twice", { timeout: 1_200_000 }, async () => {
    const dice = new Dice(SEED);
    /** Does something so often, a few steps of one client apart, as long as it can be done. */
    function atMoments(client: string, at: Step["at"] | undefined, count: number, act: (step: Step) => boolean) {
      const moments = Array.from({ length: count }, () => 1 + dice.below((0.1 * MESSAGES) / count));
      let untilNext = moments.shift();
      return (step: Step) => {
        if (step.client !== client || step.at !== (at ?? step.at) || untilNext === undefined) return;
        if (--untilNext <= 0 && act(step)) untilNext = moments.shift();
      };
    }
    const surprises = [
      atMoments(ONE, undefined, KILLS, () => one.kill()),
      // Frozen before its final dot, it must not send that when it wakes; after it, nobody else may send.
      atMoments(TWO, "recipient", FREEZES, (step) => freeze(two, step)),
      atMoments(THREE, "taken", FREEZES, (step) => freeze(three, step)),
    ];
    const freezes: Promise<unknown>[] = [];

    const { smtp, arrivals } = await startCountingServer(dice, (step) => {
      for (const surprise of surprises) surprise(step);
    });
    const url = await (await postgres()).createDatabase();
    const clockStart = String(Date.now());
    const [one, two, three] = [ONE, TWO, THREE].map((name) => {
      const program = new URL("queue-server.ts", import.meta.url);
      return new Killable(program, { given: [url, String(smtp.port), name, clockStart] });
    }) as [Killable, Killable, Killable];
    const servers = [one, two, three];

    /** Until others have found out, and acted; then it goes on with what it was at. */
    function freeze({ pid }: Killable, { subject }: Step): boolean {
      if (pid === undefined) return false;
      process.kill(pid, "SIGSTOP");
      freezes.push(untilTakenOver(() => one.url, subject).then(() => process.kill(pid, "SIGCONT")));
      return true;
    }

    onTestFinished(async () => {
      await Promise.all(servers.map((server) => server.stop()));
      await smtp.close();
    });

    const subjects = Array.from({ length: MESSAGES }, (_, index) => `order-${index}`);
    const answered: string[] = [];
    const turns = 2 * KILLS;
    const atOnce = Math.ceil(MESSAGES / turns);
    // In turns, or the others would be done with everything while the first one starts again.
    for (let turn = 0; turn < turns; turn++) {
      await one.url;
      const some = subjects.slice(turn * atOnce, (turn + 1) * atOnce);
      const anywhere = async () => (servers[dice.below(3)] ?? one).url;
      answered.push(...(await Promise.all(some.map((subject) => storeUntilAnswered(anywhere, subject)))));
    }
    const rows = await untilOver(() => one.url);
    await Promise.all(freezes);

    if (process.env.EDGEPOST_LEDGER_KILLS !== undefined) {
      console.log(`${one.kills} kills, ${freezes.length} freezes, ${summary(rows, arrivals)}`);
    }
    compare({ subjects, answered, rows, arrivals });
    // Not each moment comes: the others may have been faster.
    expect(one.kills).toBeGreaterThan(0);
    expect(freezes.length).toBeGreaterThanOrEqual(2);
  });
});
