import { MailError } from "@edgepost/core";
import { toHex } from "../encoding.ts";
import { RequestProblem } from "../http/problem.ts";
import type { Idempotency, MessageRecord } from "../store/message-record.ts";
import { type SendAnswer, toAnswer } from "./answer.ts";
import { rejectedOf } from "./recipients.ts";
import { everybodySuppressed } from "./suppressed.ts";

/** How long a key stands for its request. */
export const IDEMPOTENCY_MS = 24 * 60 * 60 * 1000;
const MAX_KEY_LENGTH = 256;

/**
 * Reads the `Idempotency-Key` of a request; null without one.
 * @throws RequestProblem `invalid-request`.
 */
export async function readIdempotency(
  header: string | undefined,
  route: string,
  body: Uint8Array<ArrayBuffer>,
): Promise<Idempotency | null> {
  if (header === undefined) return null;
  if (header.length > MAX_KEY_LENGTH || !/^[\x21-\x7e]+$/.test(header)) {
    const detail = `Idempotency-Key must be 1 to ${MAX_KEY_LENGTH} visible ASCII characters.`;
    throw new RequestProblem("invalid-request", detail);
  }
  return { route, key: header, fingerprint: await fingerprint(body) };
}

/**
 * What a request is answered whose key is known already: what the first one was answered, or why it cannot be.
 * @throws MailError the first one failed with; RequestProblem `idempotency-key-reused`, `request-in-progress`.
 */
export function replay(first: MessageRecord, idempotency: Idempotency | null): SendAnswer {
  refuseOtherRequest(first, idempotency);
  switch (first.state) {
    case "sent":
    case "partial":
      return toAnswer(first);
    case "sending":
      throw new RequestProblem("request-in-progress", "The first request with this Idempotency-Key is not done.", {
        headers: { "retry-after": "1" },
      });
    case "suppressed":
      throw everybodySuppressed();
    default:
      throw toMailError(first);
  }
}

/** @throws RequestProblem `idempotency-key-reused` when the first request with the key asked for something else. */
export function refuseOtherRequest(first: MessageRecord, idempotency: Idempotency | null): void {
  if (first.idempotency?.fingerprint === idempotency?.fingerprint) return;
  throw new RequestProblem("idempotency-key-reused", "This Idempotency-Key was used for a request with another body.");
}

function toMailError(record: MessageRecord): MailError {
  const { reply } = record;
  const rejected = rejectedOf(record);
  const { code, phase, detail, retryable } = record.error ?? INTERRUPTED;
  return new MailError(code, detail, {
    phase,
    retryable,
    ...(reply !== null && { reply }),
    ...(rejected.length > 0 && { recipients: rejected }),
  });
}

/** What is said of a message that was being sent when its process ended. */
const INTERRUPTED = {
  code: "delivery-unknown",
  phase: "body",
  detail: "The server was interrupted while it sent the message: whether it was accepted is not known.",
  retryable: false,
} as const;

async function fingerprint(body: Uint8Array<ArrayBuffer>): Promise<string> {
  return toHex(new Uint8Array(await crypto.subtle.digest("SHA-256", body)));
}
