import { isMailError, MailError, type Receipt } from "@edgepost/core";
import { failedInside, toFailure } from "../messages/failure.ts";
import { afterError, afterReceipt, giveUp, isWaiting, stateOf } from "../messages/recipients.ts";
import type { MessageOutcome, MessageRecord, RecipientRecord } from "../store/message-record.ts";
import { backoffMs } from "./backoff.ts";
import type { QueueLimits } from "./limits.ts";

/** How an attempt ended: with a receipt, with an error, or with its process. */
export type Ending =
  | { readonly receipt: Receipt }
  | { readonly error: unknown; readonly isFinal: boolean }
  | { readonly stage: "opened" | "final" };

export interface Judgement {
  readonly message: MessageRecord;
  readonly ending: Ending;
  readonly limits: QueueLimits;
  readonly now: number;
  readonly random: () => number;
}

/**
 * What an attempt means for its message: who has it, who may be tried again and when, and who never will.
 *
 * The rules are those of docs/decisions/0011-one-outbox.md.
 */
export function judgeAttempt({ message, ending, limits, now, random }: Judgement): MessageOutcome {
  const isInterruption = "stage" in ending;
  const error = "receipt" in ending ? undefined : errorOf(ending);
  const recipients = allowed(
    message,
    "receipt" in ending
      ? afterReceipt(message.recipients, ending.receipt)
      : afterError(message.recipients, error ?? failedInside(undefined)),
  );
  const facts = "receipt" in ending ? ending.receipt : error;
  const dueAt = nextAttemptAt(message, isInterruption, limits, now, random);
  const goesOn = recipients.some(isWaiting) && dueAt !== undefined;
  const ended = goesOn ? recipients : giveUp(recipients);
  return {
    state: stateOf(ended),
    recipients: ended,
    reply: facts?.reply ?? null,
    downgrades: "receipt" in ending ? ending.receipt.downgrades : message.downgrades,
    size: "receipt" in ending ? ending.receipt.size : message.size,
    error: error === undefined ? null : toFailure(error),
    dueAt: goesOn ? dueAt : null,
    finishedAt: goesOn ? null : now,
  };
}

/** Whose outcome nobody can know is tried again only where the message says so. */
function allowed({ onUnknown }: MessageRecord, recipients: readonly RecipientRecord[]): readonly RecipientRecord[] {
  if (onUnknown === "keep") return recipients;
  return recipients.map((recipient) =>
    recipient.state === "unknown" ? { ...recipient, state: "deferred" } : recipient,
  );
}

function errorOf(ending: Exclude<Ending, { readonly receipt: Receipt }>): MailError {
  if ("stage" in ending) return ending.stage === "final" ? interruptedAfterFinal() : interruptedBeforeFinal();
  if (isMailError(ending.error)) return ending.error;
  return ending.isFinal ? failedInside(ending.error) : stopped(ending.error);
}

/** Undefined when there will be no further attempt. */
function nextAttemptAt(
  { attempts, interruptions, expiresAt }: MessageRecord,
  isInterruption: boolean,
  limits: QueueLimits,
  now: number,
  random: () => number,
): number | undefined {
  if (isInterruption && interruptions + 1 >= limits.maxInterruptions) return undefined;
  // A process that died has cost its time already.
  const dueAt = isInterruption ? now : now + backoffMs(attempts, limits, random);
  return expiresAt !== null && dueAt <= expiresAt ? dueAt : undefined;
}

function interruptedAfterFinal(): MailError {
  const detail = "The server was interrupted while it sent the message: whether it was accepted is not known.";
  return new MailError("delivery-unknown", detail, { phase: "body", retryable: false });
}

function interruptedBeforeFinal(): MailError {
  const detail = "The server was interrupted before the message was sent.";
  return new MailError("aborted", detail, { phase: "data", retryable: true });
}

function stopped(cause: unknown): MailError {
  return new MailError("aborted", "The attempt failed inside the server, before the message was sent.", {
    phase: "input",
    retryable: true,
    cause,
  });
}
