import type { Fault } from "./faults.ts";

/** Where in a session a server can misbehave. The rows of the table, and within them what is not the same to a client. */
export type Moment =
  | "connect"
  | "greeting"
  | "EHLO"
  | "EHLO under TLS"
  | "STARTTLS"
  | "handshake"
  | "AUTH"
  | "AUTH, last challenge"
  | "MAIL"
  | "RCPT"
  | "DATA"
  | "body"
  | "final dot"
  | "idle"
  | "RSET"
  | "MAIL of the next message"
  | "QUIT";

export interface Plan {
  /** None in a server that is honest. */
  readonly moment: Moment | undefined;
  readonly fault: Fault;
  readonly security: "none" | "starttls" | "implicit";
  /** SASL mechanisms to offer. */
  readonly auth: readonly string[];
  readonly pipelining: boolean;
  readonly chunking: boolean;
}

/** A recipient every server here refuses. */
export const STRANGER = "stranger@example.com";
/** The recipient whose RCPT is the moment "RCPT", so that there is another one before it. */
export const SECOND = "second@example.com";
