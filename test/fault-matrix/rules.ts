import { ABORT, type Fault } from "./faults.ts";
import type { Moment } from "./plan.ts";
import { SCENES } from "./scenes.ts";
import { type Column, type Failure, MATRIX, type Outcome, REQUIRED_TLS } from "./table.ts";
import type { Variant } from "./variants.ts";

/** The table's word, and where it leaves something to the rules behind it, theirs. */
export function expectedOf(moment: Moment, fault: Fault, variant: Variant): Outcome {
  const { step } = SCENES[moment];
  const written = MATRIX[step][fault.column];
  if (written === undefined) throw new Error(`The table has no cell for ${fault.name} at ${step}.`);
  const outcome = ruledOf(moment, fault, variant) ?? written;
  return fault === ABORT ? abortedAt(outcome) : outcome;
}

/** A caller who gives up is told the same as one whose time is over, but that nobody may try again. */
function abortedAt(outcome: Outcome): Outcome {
  if (!("code" in outcome)) return { code: "aborted", phase: "mail", retryable: false };
  return outcome.code === "timeout" ? { ...outcome, code: "aborted", retryable: false } : outcome;
}

const UNKNOWN: Failure = { code: "delivery-unknown", phase: "body", retryable: false };
const ENVELOPE: ReadonlySet<Moment> = new Set<Moment>(["MAIL", "RCPT", "RSET", "MAIL of the next message"]);
const ANSWERS: ReadonlySet<Column> = new Set<Column>(["421", "octet by octet"]);

function ruledOf(moment: Moment, { column, name }: Fault, variant: Variant): Outcome | undefined {
  const { security, pipelining, chunking } = variant;
  const isRefusal = column === "4yz" || column === "5yz";
  if (moment === "EHLO" && isRefusal && security === "starttls") return REQUIRED_TLS;
  if (moment === "MAIL" && name === "530") return { code: "auth-failed", phase: "mail", retryable: false };
  if (moment === "final dot" && name === "552") return { code: "message-too-large", phase: "body", retryable: false };
  // What bounds a handshake that begins with the connection is the time for connecting.
  if (moment === "handshake" && column === "stall" && security === "implicit")
    return { code: "timeout", phase: "connect", retryable: true };

  if (!pipelining) return undefined;
  if (!chunking) {
    // A reply too many goes unseen as long as replies are awaited: the next that cannot be one is that to DATA.
    const isSeenAtData = column === "extra" && ENVELOPE.has(moment);
    return isSeenAtData ? { code: "protocol-error", phase: "data", retryable: false } : undefined;
  }
  // With PIPELINING and CHUNKING the whole message goes out with its envelope. Whatever becomes of the link then comes
  // after the last octet of the last chunk; only an answer that refuses still tells that nothing was accepted.
  if (moment === "final dot") return column === "extra" ? UNKNOWN : undefined;
  if (!ENVELOPE.has(moment) || ANSWERS.has(column)) return undefined;
  return isRefusal && moment !== "RSET" ? undefined : UNKNOWN;
}
