import {
  MailError,
  type MailErrorCode,
  type MailPhase,
  type Receipt,
  type SmtpConnection,
  type Transport,
} from "@edgepost/core";
import { toJsonMessage } from "./client/json-message.ts";
import { toPath } from "./http/json-pointer.ts";
import type { ProblemCode, ProblemDetails } from "./http/problem.ts";
import type { SendAnswer } from "./messages/answer.ts";

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

/**
 * The endpoint as a transport: needs nothing but `fetch`, so it runs in a browser too.
 *
 * Failures of the mail server arrive as the same `MailError` they were at the endpoint. When the answer itself is lost,
 * in the network or at something between here and the endpoint, nobody here can know what became of the message:
 * `delivery-unknown`, never retryable.
 *
 * @example
 * const transport = httpTransport({ url: "https://mail.acme.com", apiKey, connection: "default" });
 * await createMailer({ transport }).send({ from, to, subject, text });
 */
export function httpTransport(options: HttpTransportOptions): Transport {
  const { apiKey, connection } = options;
  const url = new URL("v1/messages", String(options.url).replace(/\/*$/, "/"));

  return {
    name: "http",
    async send(mail, { signal, recipients } = {}) {
      const body = JSON.stringify({ connection, recipients, ...(await toJsonMessage(mail, signal)) });
      if (signal?.aborted) throw aborted(signal);
      const headers = { authorization: `Bearer ${apiKey}`, "content-type": "application/json" };
      const request = new Request(url, { method: "POST", headers, body, redirect: "error", signal: signal ?? null });
      const { status, answer } = await exchange(request, options.fetch ?? globalThis.fetch);
      if (isSendAnswer(answer)) return toReceipt(answer);
      throw isProblem(answer) ? toMailError(answer) : strangeAnswer(status);
    },
  };
}

async function exchange(
  request: Request,
  fetch: typeof globalThis.fetch,
): Promise<{ status: number; answer: unknown }> {
  try {
    const response = await fetch(request);
    return { status: response.status, answer: parseJson(await response.text()) };
  } catch (cause) {
    const detail = "The endpoint's answer did not arrive: whether the message was sent is not known.";
    throw new MailError("delivery-unknown", detail, { phase: "body", retryable: false, cause });
  }
}

function toReceipt(answer: SendAnswer): Receipt {
  const { messageId, accepted, rejected, reply, size, downgrades } = answer;
  return { messageId, accepted, rejected, reply: reply ?? undefined, transport: "http", size, downgrades };
}

/** A problem with a phase was a `MailError` at the endpoint, and becomes the same one here. */
function toMailError(problem: ProblemDetails): MailError {
  const { code, phase, detail, retryable, reply, rejected, errors } = problem;
  const issues = errors?.map((error) => ({ path: toPath(error.pointer), message: error.detail }));
  if (phase !== undefined) {
    return new MailError(code as MailErrorCode, detail, { phase, retryable, reply, recipients: rejected, issues });
  }
  const [ownCode, ownPhase, mayRetry] = OWN_PROBLEMS[code] ?? ["protocol-error", "input", false];
  return new MailError(ownCode, `The endpoint answered: ${detail}`, { phase: ownPhase, retryable: mayRetry, issues });
}

/** What problems of the endpoint itself mean to someone who sends. All others are a mistake in how it was asked. */
const OWN_PROBLEMS: { readonly [Code in ProblemCode]?: readonly [MailErrorCode, MailPhase, retryable: boolean] } = {
  unauthorized: ["auth-failed", "auth", false],
  forbidden: ["auth-failed", "auth", false],
  "connection-not-found": ["invalid-connection", "input", false],
  "invalid-connection": ["invalid-connection", "input", false],
  "invalid-message": ["invalid-message", "input", false],
  "body-too-large": ["message-too-large", "input", false],
  "rate-limited": ["rate-limited", "input", true],
  unavailable: ["connect-failed", "connect", true],
  "internal-error": ["delivery-unknown", "body", false],
};

/** Not our endpoint spoke, but something before it, or none at all. A 5xx may hide that the endpoint had sent. */
function strangeAnswer(status: number): MailError {
  if (status >= 400 && status < 500) {
    const detail = `What answered (HTTP ${status}) is not an edgepost endpoint: check the URL.`;
    return new MailError("protocol-error", detail, { phase: "connect" });
  }
  const detail = `Something else than the endpoint answered (HTTP ${status}): whether the message was sent is not known.`;
  return new MailError("delivery-unknown", detail, { phase: "body", retryable: false });
}

function aborted(signal: AbortSignal): MailError {
  return new MailError("aborted", "The send was aborted before it began.", { phase: "input", cause: signal.reason });
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
