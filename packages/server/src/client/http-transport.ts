import type { MailError, Receipt, SmtpConnection, Transport } from "@edgepost/core";
import type { ProblemCode, ProblemDetails } from "../http/problem.ts";
import type { SendAnswer } from "../messages/answer.ts";
import { aborted, answerLost, strangeAnswer, toMailError } from "./wire-errors.ts";
import { toWireMessage, type WireMessage } from "./wire-message.ts";

/** Where the endpoint is, and who asks. */
export interface HttpTransportOptions {
  /** Where the endpoint is, without `/v1`: `https://mail.acme.com`. */
  readonly url: string | URL;
  /** In a browser everybody can read it: give it only the scopes and connections that everybody may use. */
  readonly apiKey: string;
  /** The name of a connection of the endpoint, or one to bring along if the key allows it. */
  readonly connection: string | SmtpConnection;
  /** Default: the runtime's own. */
  readonly fetch?: typeof fetch | undefined;
}

/** How long to wait before asking again what became of a request whose answer was lost. */
const ASK_AGAIN_AFTER_MS = [200, 1000, 3000];

/**
 * The endpoint as a transport: needs nothing but `fetch`, so it runs in a browser too. Attachments travel as files of a
 * form, a message that is signed or ready as it is.
 *
 * Failures of the mail server arrive as the same `MailError` they were at the endpoint. When an answer is lost, by the
 * network or by something between here and the endpoint, the same request is made again: its `Idempotency-Key`, which is
 * the Message-ID, makes the endpoint answer it without sending twice. Only when that answer does not come either, nobody
 * here can know what became of the message: `delivery-unknown`, never retryable.
 *
 * @example
 * const transport = httpTransport({ url: "https://mail.acme.com", apiKey, connection: "default" });
 * await createMailer({ transport }).send({ from, to, subject, text, attachments: [{ filename, content: file }] });
 */
export function httpTransport({ url, apiKey, connection, fetch = globalThis.fetch }: HttpTransportOptions): Transport {
  const messagesUrl = new URL("v1/messages", String(url).replace(/\/*$/, "/"));

  return {
    name: "http",
    async send(mail, { signal, recipients } = {}) {
      const { json, files } = await toWireMessage(mail, signal);
      if (signal?.aborted) throw aborted(signal);
      const { body, type } = toBody({ connection, recipients, ...json }, files);
      const headers = { authorization: `Bearer ${apiKey}`, ...type, "idempotency-key": toKey(mail.messageId) };
      const init: RequestInit = { method: "POST", headers, body, redirect: "error", signal: signal ?? null };
      return settle(() => ask(fetch, new Request(messagesUrl, init)), signal);
    },
  };
}

function toBody(json: object, files: WireMessage["files"]): { body: BodyInit; type: Record<string, string> } {
  if (files.length === 0) return { body: JSON.stringify(json), type: { "content-type": "application/json" } };
  const form = new FormData();
  form.append("message", JSON.stringify(json));
  for (const { name, content } of files) form.append(name, content, name);
  return { body: form, type: {} };
}

/** A Message-ID is as unique as a key must be, and the same over all attempts. Headers are ASCII, and keys have a length. */
function toKey(messageId: string): string {
  return encodeURIComponent(messageId).slice(-256);
}

/** What came of asking once. */
type Outcome =
  | { readonly receipt: Receipt; readonly error?: undefined }
  | { readonly error: MailError; readonly mayAskAgain: boolean; readonly receipt?: undefined };

async function ask(fetch: typeof globalThis.fetch, request: Request): Promise<Outcome> {
  let status: number;
  let answer: unknown;
  try {
    const response = await fetch(request);
    status = response.status;
    answer = parseJson(await response.text());
  } catch (cause) {
    return { error: answerLost(cause), mayAskAgain: true };
  }
  if (isSendAnswer(answer)) return { receipt: toReceipt(answer) };
  if (isProblem(answer)) return { error: toMailError(answer), mayAskAgain: OPEN_PROBLEMS.has(answer.code) };
  return { error: strangeAnswer(status), mayAskAgain: status < 400 || status >= 500 };
}

/** The endpoint may know more in a moment. */
const OPEN_PROBLEMS: ReadonlySet<ProblemCode> = new Set(["request-in-progress", "internal-error"]);

/** Asks until there is an answer, or no use in asking. */
async function settle(askOnce: () => Promise<Outcome>, signal: AbortSignal | undefined): Promise<Receipt> {
  let outcome = await askOnce();
  for (const delayMs of ASK_AGAIN_AFTER_MS) {
    if (outcome.receipt !== undefined || !outcome.mayAskAgain || signal?.aborted) break;
    await new Promise((resolve) => setTimeout(resolve, delayMs));
    outcome = await askOnce();
  }
  if (outcome.receipt !== undefined) return outcome.receipt;
  throw outcome.error;
}

function toReceipt({ messageId, accepted, rejected, unknown, reply, size, downgrades }: SendAnswer): Receipt {
  const recipients = { accepted, rejected, ...(unknown !== undefined && { unknown }) };
  return { messageId, ...recipients, reply: reply ?? undefined, transport: "http", size, downgrades };
}

function isSendAnswer(answer: unknown): answer is SendAnswer {
  return isObject(answer) && typeof answer.messageId === "string" && Array.isArray(answer.accepted);
}

function isProblem(answer: unknown): answer is ProblemDetails {
  return isObject(answer) && typeof answer.code === "string" && typeof answer.detail === "string";
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
