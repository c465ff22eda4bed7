import { isMailError, type MailError, type OutgoingMail, type SmtpConnection, type Transport } from "@edgepost/core";
import { createSmtpTransport, type SmtpTransportOptions } from "@edgepost/core/smtp";
import { type Delivery, type ScriptedServer, scriptedServer } from "@edgepost/core/testing";
import { aMessage } from "./message.ts";

export interface EngineOptions {
  /** Beside a host and a client name, and without TLS unless the test is about it. */
  readonly connection?: Partial<SmtpConnection>;
  readonly transport?: SmtpTransportOptions;
  readonly delivery?: Delivery;
  /** What `<message>` and its kin stand for in the script. */
  readonly message?: string | Uint8Array;
}

/** The engine in front of a server that plays a script. */
export function playScript(
  script: string,
  options: EngineOptions = {},
): { transport: Transport; server: ScriptedServer } {
  const { message = MESSAGE, delivery } = options;
  const server = scriptedServer(script, { message: typeof message === "string" ? encode(message) : message, delivery });
  const connection = {
    host: "mail.example",
    clientName: "me.example",
    security: "none",
    ...options.connection,
  } as const;
  return { transport: createSmtpTransport(server.connect, connection, options.transport), server };
}

/** A small message, dots and all. */
export const MESSAGE = "Subject: Hello\r\n\r\nHello\r\n.\r\n..two\r\n";

export interface ReadyMail extends Partial<OutgoingMail> {
  readonly from?: string;
  readonly to?: readonly [string, ...string[]];
  readonly content?: string | Uint8Array;
}

/** Mail from `a@x` to `b@x`, with ready bytes. */
export function readyMail({ from = "a@x", to = ["b@x"], content = MESSAGE, ...fields }: ReadyMail = {}): OutgoingMail {
  const bytes = typeof content === "string" ? encode(content) : content;
  const envelope = { from, to };
  return {
    message: aMessage({ envelope }),
    envelope,
    messageId: "<1@example.com>",
    bytes: async () => bytes,
    stream: () => new Blob([bytes as Uint8Array<ArrayBuffer>]).stream(),
    ...fields,
  };
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** The error of a send that must fail. */
export async function failureOf(sending: Promise<unknown>): Promise<MailError> {
  try {
    await sending;
  } catch (error) {
    if (isMailError(error)) return error;
    throw error;
  }
  throw new Error("It was sent.");
}

/** The opening of a session by a server with these extensions. */
export function greeted(...extensions: readonly string[]): string {
  const lines = ["mail.example", ...extensions].map(
    (line, index) => `S: 250${index === extensions.length ? " " : "-"}${line}`,
  );
  return `S: 220 ready\nC: EHLO me.example\n${lines.join("\n")}\n`;
}
