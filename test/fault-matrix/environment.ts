import type { SmtpConnection } from "@edgepost/core";
import type { Plan } from "./plan.ts";
import type { Order, Report, SenderOptions } from "./sender.ts";
import type { Witness } from "./witness.ts";

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
