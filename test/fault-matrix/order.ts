import type { SmtpConnection } from "@edgepost/core";
import { PASSWORD, USERNAME } from "../support/credentials.ts";
import type { Cell } from "./cells.ts";
import type { Environment, Meeting } from "./environment.ts";
import { ABORT, DRIP } from "./faults.ts";
import { type Moment, SECOND, STRANGER } from "./plan.ts";
import type { MailOrder, Order } from "./sender.ts";
import type { Variant } from "./variants.ts";

/** What a cell's stall is bounded by. Everything before the stall has to be done in it too, on whatever machine. */
const DEADLINE_MS = 1_000;
/** How soon a session that carried a message before must answer, and how long a goodbye may take. */
export const FAREWELL_MS = 1_000;
/** What may be added to a deadline until the caller knows. */
export const SLACK_MS = 1_000;
/** For outcomes that wait for nothing: less than any deadline that is not the cell's own. */
const AT_ONCE_MS = 20_000;

/** What the client is to do, so that it meets the fault. */
export function orderOf(cell: Cell, { server }: Meeting, { largeMessage }: Environment): Order {
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

/** What the server offers. Whom it knows by HELO alone it lets in without. */
export function mechanismsOf({ moment, expected }: Cell): readonly string[] {
  if ("accepted" in expected && expected.accepted === "HELO") return [];
  return moment === "AUTH, last challenge" ? ["LOGIN"] : ["PLAIN"];
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

/** How long after the fault began the caller must know. */
export function boundOf(cell: Cell): number {
  if (cell.fault.column !== "stall" || cell.fault === ABORT) return AT_ONCE_MS;
  const isOwn = Object.keys(timeoutsOf(cell)).length > 0;
  // The session that is replaced is closed before another is opened: two farewells.
  return (isOwn ? DEADLINE_MS : 2 * FAREWELL_MS) + SLACK_MS;
}

/** The whole message goes out with its envelope. */
export function isOneWrite({ pipelining, chunking }: Variant): boolean {
  return pipelining && chunking;
}
