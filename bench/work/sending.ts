import type { Player } from "../harness/bench.ts";

/** What every sender is asked to do. */
export interface SendTask {
  readonly port: number;
  /** Connections open at once. */
  readonly connections: number;
  /** Messages of one turn. */
  readonly messages: number;
  /** Of each message. Default: 1. */
  readonly recipients?: number;
  /** A new connection for each message. Default: connections stay open over all turns. */
  readonly isCold?: boolean;
  /** STARTTLS, checked against this authority, and AUTH PLAIN. Default: neither. */
  readonly secure?: { readonly ca: string; readonly username: string; readonly password: string };
}

/** What each message says: 2 KB of text and a small HTML. No two are alike, so that nobody sends one from memory. */
export interface Letter {
  readonly from: string;
  readonly to: string[];
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

const TEXT = "The quick brown fox jumps over the lazy dog, and nobody asks why it would do that again.\n"
  .repeat(24)
  .slice(0, 2_048);

/** Octets that must reach the server for each message, however it is encoded. */
export const LETTER_OCTETS = 2_048 + 200;

export function letter(index: number, recipients = 1): Letter {
  return {
    from: "Acme <billing@acme.example>",
    to: Array.from({ length: recipients }, (_, at) => `Ada Lovelace <ada.${at}@example.com>`),
    subject: `Your invoice number ${index}`,
    text: TEXT,
    html: `<!doctype html><html><body><h1>Invoice ${index}</h1><p>Dear Ada, thank you for your order. The amount will be taken from your account within ten days.</p><p><a href="https://acme.example/invoices/${index}">See it online</a></p></body></html>`,
  };
}

/**
 * One after another in each of so many lanes: `send` is under way as often at once as there are connections, and no
 * connection waits for a message.
 */
export async function inLanes(
  { connections, messages, recipients }: SendTask,
  send: (letter: Letter, lane: number) => Promise<unknown>,
): Promise<void> {
  let next = 0;
  const lanes = Array.from({ length: connections }, async (_, lane) => {
    while (next < messages) await send(letter(next++, recipients), lane);
  });
  await Promise.all(lanes);
}

export interface Sender {
  send(letter: Letter, lane: number): Promise<unknown>;
  close?(): Promise<void>;
}

/** A sender as a player: all messages of the task are one turn. */
export function sendInLanes(task: SendTask, sender: Sender): Player {
  return {
    turn: () => inLanes(task, sender.send),
    ...(sender.close !== undefined && { close: sender.close }),
  };
}
