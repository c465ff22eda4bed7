import type { Mailer, MessageInput, Receipt, SmtpConnection } from "@edgepost/core";

/**
 * One thing every transport does on every runtime against every server: what is sent, what comes of it, what arrives.
 * A story runs in any runtime (Web APIs alone); what came of it and what arrived is compared in the test's process.
 */
export interface Story {
  /** Its name, and what a user would notice. */
  readonly story: string;
  /** Default: `usual`. */
  readonly way?: Way;
  /** Beside the port, the TLS and the login that belong to the way in. */
  readonly connection?: Partial<SmtpConnection>;
  /** What the server must have. */
  readonly needs?: readonly Trait[];
  /** What it must not have. */
  readonly lacks?: readonly Trait[];
  /** Flags of smtp-sink(1): the story is about a server that behaves so. */
  readonly sinkFlags?: readonly string[];
  send(sender: Sender): readonly Promise<Receipt>[];
  /** For each send, in order. */
  readonly outcomes: readonly ExpectedOutcome[];
  /** In the order of the sends. `unknown` where the server may keep what it refused. Default: nothing. */
  readonly arrives?: readonly ExpectedMail[] | "unknown";
}

/**
 * How to reach a server. `usual`: STARTTLS and a login where the server has them, clear text where not. `small`: the
 * same, and it takes messages of at most 100,000 octets.
 */
export type Way = "usual" | "clear" | "implicit" | "wrongNameStarttls" | "wrongNameImplicit" | "small";

/** What not every server has. `login`, `tls`; `refuses`: recipients @refused.example; the others are EHLO keywords. */
export type Trait = "login" | "tls" | "refuses" | "SIZE" | "DSN" | "SMTPUTF8";

export interface Sender {
  readonly mailer: Mailer;
  /** From Ada to Grace, with the Message-ID this run of the story is known by, and the fields the story is about. */
  message(fields?: Partial<MessageInput>): MessageInput;
}

/** A part of a receipt, or of an error. */
export type ExpectedOutcome =
  | { readonly receipt: object }
  | { readonly error: { readonly code: string; readonly [fact: string]: unknown } };

/** A message as an independent parser reads it; of one that came in several transactions all recipients. */
export interface ExpectedMail {
  /** Default: Grace. */
  readonly to?: readonly string[];
  readonly parsed?: object;
  readonly attachments?: Readonly<Record<string, Uint8Array>>;
  /** ESMTP parameters of MAIL, for servers that tell. */
  readonly parameters?: Readonly<Record<string, string | true>>;
}

export const FROM = "ada@example.com";
export const TO = "grace@example.com";

/** Every octet, in no order an encoder could be lucky with. */
export function octets(count: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(count);
  for (let index = 0, state = 1; index < count; index++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    bytes[index] = state >>> 16;
  }
  return bytes;
}
