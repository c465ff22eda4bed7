import type { MailErrorCode, MailPhase } from "@edgepost/core";

/**
 * What every fault at every step of a session must come to. The promise of the project, written down once: the suites
 * beside this file hold each transport to it, and nothing here is taken from the code under test.
 *
 * Short names as in the promise: `s` retryable, `n` not, `?` unknown; CL connection-lost, CF connect-failed, TO timeout,
 * PE protocol-error, TF tls-failed, TR tls-required, AF auth-failed, X4 and X5 the step's own refusal by a 4yz or 5yz.
 */
export type Step =
  | "connect"
  | "greeting"
  | "EHLO"
  | "STARTTLS"
  | "handshake"
  | "AUTH"
  | "MAIL"
  | "RCPT"
  | "DATA"
  | "body"
  | "final dot"
  | "reuse"
  | "QUIT";

export type Column =
  | "close"
  | "reset"
  | "stall"
  | "421"
  | "4yz"
  | "5yz"
  | "garbage"
  | "endless"
  | "octet by octet"
  | "extra";

/** What the caller of `send` sees. */
export type Outcome = Failure | Success;

export interface Failure {
  readonly code: MailErrorCode;
  readonly phase: MailPhase;
  readonly retryable: boolean;
}

export interface Success {
  /** How it went through where it did not go straight. `new connection`: silently, over another one. */
  readonly accepted: "straight" | "HELO" | "new connection";
  /** The one recipient of several that was refused, and the advice for it. */
  readonly refused?: "retryable" | "for good";
}

type Row = Readonly<Record<Column, Outcome | undefined>>;
type Cell = (phase: MailPhase, refusal: MailErrorCode) => Outcome | undefined;

const CFs = fails("connect-failed", true);
const CLs = fails("connection-lost", true);
const TOs = fails("timeout", true);
const PEn = fails("protocol-error", false);
const TFn = fails("tls-failed", false);
const TRn = fails("tls-required", false);
const AFs = fails("auth-failed", true);
const AFn = fails("auth-failed", false);
const X4s: Cell = (phase, code) => ({ code, phase, retryable: true });
const X5n: Cell = (phase, code) => ({ code, phase, retryable: false });
const unknown = fails("delivery-unknown", false);
const ok: Cell = () => ({ accepted: "straight" });
const HELO: Cell = () => ({ accepted: "HELO" });
const later: Cell = () => ({ accepted: "straight", refused: "retryable" });
const never: Cell = () => ({ accepted: "straight", refused: "for good" });
const another: Cell = () => ({ accepted: "new connection" });
const none: Cell = () => undefined;

/** The columns, in this order: close, reset, stall or drip, 421, other 4yz, 5yz, garbage or wrong code, over-long or endless, octet by octet, early or extra reply. */
// biome-ignore format: a table
export const MATRIX: Readonly<Record<Step, Row>> = {
  connect:     row("connect",  "connect-failed",      CFs,     CFs,     TOs,     none,    none,    none,    none,    none,    none, none),
  greeting:    row("greeting", "greeting-rejected",   CLs,     CLs,     TOs,     X4s,     X4s,     X5n,     PEn,     PEn,     ok,   PEn),
  EHLO:        row("ehlo",     "greeting-rejected",   CLs,     CLs,     TOs,     X4s,     HELO,    HELO,    PEn,     PEn,     ok,   PEn),
  STARTTLS:    row("tls",      "greeting-rejected",   CLs,     CLs,     TOs,     X4s,     TRn,     TRn,     TFn,     TFn,     ok,   PEn),
  handshake:   row("tls",      "tls-failed",          TFn,     TFn,     TOs,     none,    none,    none,    TFn,     TFn,     none, none),
  AUTH:        row("auth",     "greeting-rejected",   CLs,     CLs,     TOs,     X4s,     AFs,     AFn,     PEn,     PEn,     ok,   PEn),
  MAIL:        row("mail",     "sender-rejected",     CLs,     CLs,     TOs,     X4s,     X4s,     X5n,     PEn,     PEn,     ok,   PEn),
  RCPT:        row("rcpt",     "recipients-rejected", CLs,     CLs,     TOs,     X4s,     later,   never,   PEn,     PEn,     ok,   PEn),
  DATA:        row("data",     "message-rejected",    CLs,     CLs,     TOs,     X4s,     X4s,     X5n,     PEn,     PEn,     ok,   PEn),
  body:        row("body",     "message-rejected",    CLs,     CLs,     TOs,     X4s,     X4s,     X5n,     PEn,     PEn,     none, X5n),
  "final dot": row("body",     "message-rejected",    unknown, unknown, unknown, X4s,     X4s,     X5n,     unknown, unknown, ok,   ok),
  reuse:       row("idle",     "connection-lost",     another, another, another, another, another, another, another, another, ok,   another),
  QUIT:        row("idle",     "closed",              ok,      ok,      ok,      ok,      ok,      ok,      ok,      ok,      ok,   ok),
};

/** Where TLS is required a server that knows no EHLO has none to offer. */
export const REQUIRED_TLS: Outcome = { code: "tls-required", phase: "ehlo", retryable: false };

function row(phase: MailPhase, refusal: MailErrorCode, ...cells: readonly Cell[]): Row {
  const [close, reset, stall, closing, later, never, garbage, endless, octets, extra] = cells.map((cell) =>
    cell(phase, refusal),
  );
  return {
    close,
    reset,
    stall,
    "421": closing,
    "4yz": later,
    "5yz": never,
    garbage,
    endless,
    "octet by octet": octets,
    extra,
  };
}

function fails(code: MailErrorCode, retryable: boolean): Cell {
  return (phase) => ({ code, phase, retryable });
}
