import type { MailErrorCode, MailPhase, SmtpReply } from "@edgepost/core";

/** Why the binding did not take a message, in the words of SMTP. Without a `reply` nobody knows whether it did. */
export interface Failure {
  readonly code: MailErrorCode;
  readonly phase: MailPhase;
  readonly retryable: boolean;
  readonly text: string;
  readonly reply?: SmtpReply;
}

type Meaning = readonly [code: MailErrorCode, phase: MailPhase, replyCode: number, enhancedCode: string];

const SENDER: Meaning = ["sender-rejected", "mail", 550, "5.7.1"];
const RECIPIENT: Meaning = ["recipients-rejected", "rcpt", 550, "5.7.1"];
const LIMIT: Meaning = ["rate-limited", "mail", 452, "4.7.1"];
const CONTENT: Meaning = ["message-rejected", "data", 554, "5.6.0"];

/** The error codes of Cloudflare's Email Service (Workers API, "Error codes"), as the nearest SMTP reply. */
const MEANINGS: Readonly<Record<string, Meaning>> = {
  E_SENDER_NOT_VERIFIED: SENDER,
  E_SENDER_DOMAIN_NOT_AVAILABLE: SENDER,
  E_RECIPIENT_NOT_ALLOWED: RECIPIENT,
  E_RECIPIENT_SUPPRESSED: RECIPIENT,
  E_DELIVERY_FAILED: RECIPIENT,
  E_TOO_MANY_RECIPIENTS: RECIPIENT,
  E_RATE_LIMIT_EXCEEDED: LIMIT,
  E_DAILY_LIMIT_EXCEEDED: LIMIT,
  E_CONTENT_TOO_LARGE: ["message-too-large", "data", 552, "5.3.4"],
  E_INTERNAL_SERVER_ERROR: ["message-rejected", "data", 451, "4.3.0"],
  E_VALIDATION_ERROR: CONTENT,
  E_FIELD_MISSING: CONTENT,
  E_TOO_MANY_ATTACHMENTS: CONTENT,
  E_HEADER_NOT_ALLOWED: CONTENT,
  E_HEADER_USE_API_FIELD: CONTENT,
  E_HEADER_VALUE_INVALID: CONTENT,
  E_HEADER_VALUE_TOO_LONG: CONTENT,
  E_HEADER_NAME_INVALID: CONTENT,
  E_HEADERS_TOO_LARGE: CONTENT,
  E_HEADERS_TOO_MANY: CONTENT,
};

/** The caller gave up before the binding was called for this recipient. */
export const NOT_CALLED: Failure = {
  code: "aborted",
  phase: "data",
  retryable: true,
  text: "The send was aborted.",
  reply: { code: 451, enhancedCode: "4.4.2", text: "Not sent by this client: the send was aborted." },
};

/** Decided by the error's `code` alone. Any other error may have come after the message was taken. */
export function failureOf(error: unknown): Failure {
  const text = error instanceof Error ? error.message : String(error);
  const meaning = meaningOf(error);
  if (meaning === undefined) return { code: "delivery-unknown", phase: "body", retryable: false, text };
  const [code, phase, replyCode, enhancedCode] = meaning;
  return { code, phase, retryable: replyCode < 500, text, reply: { code: replyCode, enhancedCode, text } };
}

function meaningOf(error: unknown): Meaning | undefined {
  if (typeof error !== "object" || error === null || !("code" in error)) return undefined;
  const { code } = error;
  return typeof code === "string" && Object.hasOwn(MEANINGS, code) ? MEANINGS[code] : undefined;
}
