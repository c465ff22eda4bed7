import {
  ABORT,
  CLOSE,
  CLOSING,
  CUT,
  DRIP,
  EARLY_ACCEPTANCE,
  EARLY_REFUSAL,
  ENDLESS_LINE,
  ENDLESS_REPLY,
  EXTRA,
  type Fault,
  GARBAGE,
  nonsense,
  OCTETS,
  OTHER_PROTOCOLS,
  RESET,
  refusal,
  STALL,
  WRONG_CODE,
} from "./faults.ts";
import type { Moment } from "./plan.ts";
import type { Step } from "./table.ts";

/** The row of the table a moment belongs to, and the faults there are at that moment. */
export interface Scene {
  readonly step: Step;
  readonly faults: readonly Fault[];
}

const LOST = [CLOSE, RESET, STALL, DRIP, ABORT, CLOSING] as const;
const UNREADABLE = [...GARBAGE, ENDLESS_LINE, ENDLESS_REPLY] as const;
const IN_PIECES = [OCTETS, CUT] as const;

/** Everything that can go wrong in a session, in the order of a session. */
export const SCENES: Readonly<Record<Moment, Scene>> = {
  connect: { step: "connect", faults: [CLOSE, RESET, STALL, ABORT] },
  greeting: {
    step: "greeting",
    faults: [
      ...LOST,
      refusal("4yz", "450 4.3.2 Busy"),
      refusal("5yz", "554 5.3.2 No mail here"),
      ...UNREADABLE,
      ...OTHER_PROTOCOLS,
      WRONG_CODE,
      ...IN_PIECES,
      EXTRA,
    ],
  },
  EHLO: scene("EHLO", "451 4.3.0 Later", "502 5.5.1 What?", WRONG_CODE),
  "EHLO under TLS": scene("EHLO", "451 4.3.0 Later", "502 5.5.1 What?", WRONG_CODE),
  STARTTLS: scene("STARTTLS", "454 4.7.0 No TLS for now", "502 5.5.1 What?", WRONG_CODE),
  handshake: {
    step: "handshake",
    faults: [CLOSE, RESET, STALL, ABORT, nonsense("a reply in clear", "220 2.0.0 Go ahead\r\n"), ENDLESS_LINE],
  },
  AUTH: scene(
    "AUTH",
    "454 4.7.0 Later",
    "535 5.7.8 No",
    WRONG_CODE,
    nonsense("a challenge that is not base64", "334 *?*\r\n"),
  ),
  "AUTH, last challenge": scene("AUTH", "454 4.7.0 Later", "535 5.7.8 No", WRONG_CODE),
  MAIL: scene("MAIL", "451 4.3.0 Later", "550 5.7.1 Not you", WRONG_CODE, refusal("5yz", "530 5.7.0 Log in first")),
  RCPT: scene("RCPT", "450 4.2.1 Later", "550 5.1.1 Not here", WRONG_CODE),
  DATA: scene("DATA", "451 4.3.0 Later", "554 5.7.1 No", nonsense("250 out of turn", "250 2.0.0 OK\r\n")),
  body: {
    step: "body",
    faults: [
      ...LOST,
      refusal("4yz", "451 4.3.0 Later"),
      refusal("5yz", "554 5.7.1 No"),
      ...UNREADABLE,
      WRONG_CODE,
      EARLY_ACCEPTANCE,
      EARLY_REFUSAL,
    ],
  },
  "final dot": scene("final dot", "451 4.3.0 Later", "554 5.7.1 No", WRONG_CODE, refusal("5yz", "552 5.3.4 Too large")),
  idle: {
    step: "reuse",
    faults: [
      CLOSE,
      RESET,
      CLOSING,
      refusal("4yz", "451 4.3.0 Later"),
      refusal("5yz", "554 5.7.1 No"),
      ...UNREADABLE,
      EXTRA,
    ],
  },
  RSET: scene("reuse", "451 4.3.0 Later", "502 5.5.1 What?", WRONG_CODE),
  // Once it has answered in turn, a session is alive, and the row of MAIL applies.
  "MAIL of the next message": { step: "reuse", faults: [...LOST, ...UNREADABLE, WRONG_CODE, ...IN_PIECES] },
  QUIT: scene("QUIT", "451 4.3.0 Later", "502 5.5.1 What?", WRONG_CODE),
};

function scene(step: Step, later: string, never: string, ...more: readonly Fault[]): Scene {
  const refusals = [refusal("4yz", later), refusal("5yz", never)];
  return { step, faults: [...LOST, ...refusals, ...UNREADABLE, ...IN_PIECES, EXTRA, ...more] };
}
