import { setTimeout as sleep } from "node:timers/promises";
import { type Cell, nameOf } from "./cells.ts";
import type { Environment } from "./environment.ts";
import { ABORT } from "./faults.ts";
import { judge } from "./judge.ts";
import { boundOf, FAREWELL_MS, mechanismsOf, orderOf, SLACK_MS } from "./order.ts";
import type { Plan } from "./plan.ts";
import type { Report } from "./sender.ts";
import { Witness } from "./witness.ts";

/** By then the client has read what was said before, or unasked. */
const READ_MS = 50;
/** A fault that is not over by then has no end. */
const ENDLESS_MS = 500;
/** For a goodbye and a socket that closes. */
const CLOSING_MS = 2 * FAREWELL_MS + SLACK_MS;

/** Meets one fault. Answers everything that was not as promised. */
export async function runCell(cell: Cell, environment: Environment): Promise<readonly string[]> {
  const complaints: string[] = [];
  const witness = new Witness();
  const plan: Plan = { ...cell, ...cell.variant, auth: mechanismsOf(cell) };
  const meeting = await environment.start(plan, witness);
  try {
    const order = orderOf(cell, meeting, environment);
    const report = await inTime(boundOf(cell) + (environment.closingMs ?? 0), witness, (onResults) =>
      meeting.send(order, { between: () => pauseFor(cell, witness), onResults, signal: signalFor(cell, witness) }),
    );
    witness.finish();
    complaints.push(...judge(cell, order, report, witness, environment));
    if (!(await isWithin(CLOSING_MS, meeting.ended()))) complaints.push("a socket is left open");
  } catch (error) {
    complaints.push(String(error));
  } finally {
    witness.finish();
    await meeting.stop();
  }
  complaints.push(...witness.failures.map((failure) => `the server failed: ${failure}`));
  return complaints.map((complaint) => `${nameOf(cell)}: ${complaint}`);
}

/** The report, when there are results for every mail in time, and the transport closes in time as well. */
async function inTime(ms: number, witness: Witness, send: (onResults: () => void) => Promise<Report>): Promise<Report> {
  let onResults = () => {};
  const results = new Promise<void>((resolve) => {
    onResults = resolve;
  });
  const sending = send(onResults);
  sending.catch(() => {}); // whoever awaits it below sees why
  const reached = await Promise.race([
    results.then(() => true),
    sending.then(() => true),
    witness.met.then(() => false),
  ]);
  const isDone = reached || (await isWithin(ms, Promise.race([results, sending])));
  if (!isDone) throw new Error(`nothing came of it within ${ms} ms`);
  if (!(await isWithin(CLOSING_MS, sending))) throw new Error(`it did not close within ${CLOSING_MS} ms`);
  return sending;
}

/** What a server does to an idle connection, it has done before the next message. */
async function pauseFor({ moment }: Cell, witness: Witness): Promise<void> {
  if (moment !== "idle") return;
  await witness.met;
  await isWithin(ENDLESS_MS, witness.passed);
  await sleep(READ_MS);
}

function signalFor({ fault }: Cell, witness: Witness): AbortSignal | undefined {
  if (fault !== ABORT) return undefined;
  const caller = new AbortController();
  void witness.met.then(() => sleep(READ_MS)).then(() => caller.abort());
  return caller.signal;
}

async function isWithin(ms: number, work: Promise<unknown>): Promise<boolean> {
  const waiting = new AbortController();
  const late = sleep(ms, false, { signal: waiting.signal }).catch(() => false);
  try {
    return await Promise.race([work.then(() => true), late]);
  } finally {
    waiting.abort();
  }
}
