import { isMailError, type MailErrorCode, type MailPhase, type SmtpConnection, type Transport } from "@edgepost/core";
import { readyMail } from "../support/engine.ts";
import { textOf } from "../support/secrets.ts";

/** What a client is to do, as JSON can say it: some run in another process. */
export interface Order {
  readonly connection: SmtpConnection;
  /** Sent in turn. */
  readonly mails: readonly MailOrder[];
}

export interface MailOrder {
  readonly to: readonly [string, ...string[]];
  /** Octets of the message. */
  readonly size: number;
  readonly streamed: boolean;
}

/** What came of each mail, and everything the client let be known. */
export interface Report {
  readonly results: readonly Result[];
  /** Errors to their last cause, and the trace. */
  readonly told: string;
}

export type Result =
  | { readonly accepted: readonly string[]; readonly rejected: readonly { address: string; retryable: boolean }[] }
  | { readonly code: MailErrorCode; readonly phase: MailPhase; readonly retryable: boolean };

export interface SenderOptions {
  create(connection: SmtpConnection, trace: (line: string) => void): Transport;
  /** Waits here before each mail but the first. */
  between?(): Promise<void>;
  /** Told when there is a result for every mail, and closing begins. */
  onResults?(): void;
  readonly signal?: AbortSignal | undefined;
}

export async function carryOut({ connection, mails }: Order, options: SenderOptions): Promise<Report> {
  const { create, between, onResults, signal } = options;
  const results: Result[] = [];
  const told: string[] = [];
  const transport = create(connection, (line) => told.push(line));
  for (const [index, mail] of mails.entries()) {
    if (index > 0) await between?.();
    try {
      const receipt = await transport.send(toMail(mail), { signal });
      results.push({
        accepted: receipt.accepted,
        rejected: receipt.rejected.map(({ address, retryable }) => ({ address, retryable })),
      });
      told.push(JSON.stringify(receipt));
    } catch (error) {
      told.push(textOf(error), JSON.stringify(error));
      if (!isMailError(error)) throw error;
      results.push({ code: error.code, phase: error.phase, retryable: error.retryable });
    }
  }
  onResults?.();
  await transport.close?.();
  return { results, told: told.join("\n") };
}

/** A message of so many octets: lines of 64, some of which begin with a dot. Made once, since large ones take time. */
export function contentOf(size: number): Uint8Array {
  const known = contents.get(size);
  if (known !== undefined) return known;
  const line = `.${"0123456789".repeat(6)}-\r\n`;
  const text = `Subject: Hello\r\n\r\n${line.repeat(Math.ceil(size / line.length))}`;
  const content = new TextEncoder().encode(`${text.slice(0, size - 2).replace(/\r$/, "-")}\r\n`);
  contents.set(size, content);
  return content;
}

const contents = new Map<number, Uint8Array>();

function toMail({ to, size, streamed }: MailOrder) {
  return readyMail({ to, content: contentOf(size), ...(streamed && { streamed }) });
}
