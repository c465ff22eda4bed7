import { setTimeout as sleep } from "node:timers/promises";
import type { SmtpConnection } from "@edgepost/core";
import { PASSWORD, USERNAME } from "../support/credentials.ts";
import { secretsIn } from "../support/secrets.ts";
import { type Cell, nameOf } from "./cells.ts";
import { ABORT, DRIP } from "./faults.ts";
import { type Moment, type Plan, SECOND, STRANGER, Witness } from "./faulty-server.ts";
import { contentOf, type MailOrder, type Order, type Report, type Result, type SenderOptions } from "./sender.ts";
import type { Outcome } from "./table.ts";

/** Where misbehaving servers run, and clients that meet them. */
export interface Environment {
  /** Octets of a message that does not vanish in the buffers between client and server. */
  readonly largeMessage: number;
  /** What closing the transport may take, where a report comes only after it. Default: 0. */
  readonly closingMs?: number;
  /** Implicit TLS that fails is looked into over a second connection, for a better error. Default: false. */
  readonly looksAgain?: boolean;
  start(plan: Plan, witness: Witness): Promise<Meeting>;
}

/** One server, and the way to it. */
export interface Meeting {
  readonly server: Pick<SmtpConnection, "host" | "port" | "tls">;
  send(order: Order, options: Pick<SenderOptions, "between" | "onResults" | "signal">): Promise<Report>;
  /** Resolves when the server has seen every connection end. */
  ended(): Promise<void>;
  stop(): Promise<void>;
}

/** What a cell's stall is bounded by. Everything before the stall has to be done in it too, on whatever machine. */
const DEADLINE_MS = 1_000;
/** How soon a session that carried a message before must answer, and how long a goodbye may take. */
const FAREWELL_MS = 1_000;
/** What may be added to a deadline until the caller knows. */
const SLACK_MS = 1_000;
/** By then the client has read what was said before, or unasked. */
const READ_MS = 50;
/** A fault that is not over by then has no end. */
const ENDLESS_MS = 500;
/** For outcomes that wait for nothing: less than any deadline that is not the cell's own. */
const AT_ONCE_MS = 20_000;

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
    complaints.push(...judge(cell, order, report, witness, connectionsOf(cell, environment)));
    if (!(await isWithin(2 * FAREWELL_MS + SLACK_MS, meeting.ended()))) complaints.push("a socket is left open");
  } catch (error) {
    complaints.push(String(error));
  } finally {
    witness.finish();
    await meeting.stop();
  }
  complaints.push(...witness.failures.map((failure) => `the server failed: ${failure}`));
  return complaints.map((complaint) => `${nameOf(cell)}: ${complaint}`);
}

function mechanismsOf({ moment, expected }: Cell): readonly string[] {
  if ("accepted" in expected && expected.accepted === "HELO") return [];
  return moment === "AUTH, last challenge" ? ["LOGIN"] : ["PLAIN"];
}

function orderOf(cell: Cell, { server }: Meeting, { largeMessage }: Environment): Order {
  const { moment, variant } = cell;
  const { security, streamed } = variant;
  const small: MailOrder = { to: ["first@example.com"], size: 500, streamed: false };
  const mails: Partial<Record<Moment, readonly MailOrder[]>> = {
    RCPT: [{ ...small, to: ["first@example.com", SECOND] }],
    body: [{ ...small, size: largeMessage, streamed }],
    idle: [small, small],
    RSET: [{ ...small, to: [STRANGER] }, small],
    "MAIL of the next message": [small, small],
  };
  return {
    connection: {
      ...server,
      security,
      clientName: "client.example",
      ...(mechanismsOf(cell).length > 0 && { auth: { username: USERNAME, password: PASSWORD } }),
      ...(security === "none" && { allowClearText: true }),
      timeouts: timeoutsOf(cell),
      pool: { maxConnections: 1 },
    },
    mails: mails[moment] ?? [small],
  };
}

/** Short where the server keeps the client waiting, and nowhere else: a busy machine is not a stalled server. */
function timeoutsOf({ moment, fault, variant }: Cell): NonNullable<SmtpConnection["timeouts"]> {
  if (fault.column !== "stall" || fault === ABORT) return {};
  if (moment === "connect") return { connectMs: DEADLINE_MS };
  if (moment === "handshake") return { connectMs: DEADLINE_MS, replyMs: DEADLINE_MS };
  if (moment === "body")
    return fault === DRIP ? { replyMs: DEADLINE_MS, progressMs: DEADLINE_MS } : { progressMs: DEADLINE_MS };
  if (moment === "final dot") return { finalMs: DEADLINE_MS };
  // A session that does not answer is replaced after a second, unless the message is on its way already.
  const isReplaced = moment === "RSET" || moment === "MAIL of the next message";
  if (moment === "QUIT" || (isReplaced && !isOneWrite(variant))) return {};
  return { replyMs: DEADLINE_MS };
}

function boundOf(cell: Cell): number {
  if (cell.fault.column !== "stall" || cell.fault === ABORT) return AT_ONCE_MS;
  const isOwn = Object.keys(timeoutsOf(cell)).length > 0;
  // The session that is replaced is closed before another is opened: two farewells.
  return (isOwn ? DEADLINE_MS : 2 * FAREWELL_MS) + SLACK_MS;
}

function isOneWrite({ pipelining, chunking }: Cell["variant"]): boolean {
  return pipelining && chunking;
}

/** The report, when there are results for every mail in time. */
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

function connectionsOf({ moment, fault, variant, expected }: Cell, { looksAgain }: Environment): number {
  const isNew = "accepted" in expected && expected.accepted === "new connection";
  const isLookedInto = moment === "handshake" && variant.security === "implicit" && fault.column !== "stall";
  return isNew || (looksAgain && isLookedInto) ? 2 : 1;
}

function judge(cell: Cell, order: Order, report: Report, witness: Witness, connections: number): string[] {
  const complaints: string[] = [];
  const expect = (what: string, found: unknown, wanted: unknown) => {
    const [is, should] = [JSON.stringify(found), JSON.stringify(wanted)];
    if (is !== should) complaints.push(`${what} ${is}, not ${should}`);
  };
  const { moment, expected, variant } = cell;
  const result = report.results.at(-1);
  expect("came to", result, resultOf(expected, order));
  const isHelo = "accepted" in expected && expected.accepted === "HELO";
  expect("said HELO:", report.told.includes("C: HELO"), isHelo);
  if (moment !== "connect") expect("connections:", witness.connections, connections);
  expect("credentials in clear:", variant.security === "none" ? [] : secretsIn(witness.clear), []);
  expect("secrets told:", secretsIn(report.told), []);
  expectTruth(expect, cell, order, report.results, witness);
  return complaints;
}

/** What the client says came of its messages is what the server knows. */
function expectTruth(
  expect: (what: string, found: unknown, wanted: unknown) => void,
  { expected, moment, variant }: Cell,
  { mails }: Order,
  results: readonly Result[],
  witness: Witness,
): void {
  const sent = mails.filter((_, index) => "accepted" in (results[index] ?? {}));
  const contents = sent.map(({ size }) => Buffer.from(contentOf(size)).toString("latin1"));
  const isUnknown = "code" in expected && expected.code === "delivery-unknown";
  expect("accepted by the server:", witness.accepted.slice(0, isUnknown ? sent.length : undefined), contents);
  if (!("code" in expected)) return;
  const isBeforeBody = ["mail", "rcpt", "data"].includes(expected.phase) && !isOneWrite(variant);
  if (isBeforeBody && sent.length === 0) expect("octets of a body:", witness.bodyOctets, 0);
  if (moment === "body") expect("the whole body sent:", witness.bodyOctets >= (mails[0]?.size ?? 0), false);
}

function resultOf(expected: Outcome, { mails }: Order): Result {
  if ("code" in expected) return expected;
  const to = mails.at(-1)?.to ?? [];
  const { refused } = expected;
  const isRefused = (address: string) => refused !== undefined && address === SECOND;
  return {
    accepted: to.filter((address) => !isRefused(address)),
    rejected: to.filter(isRefused).map((address) => ({ address, retryable: refused === "retryable" })),
  };
}
