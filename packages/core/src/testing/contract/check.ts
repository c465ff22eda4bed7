import type { MailError, MailErrorCode } from "../../errors.ts";
import { isMailError } from "../../errors.ts";
import type { OutgoingMail } from "../../outgoing.ts";
import type { Receipt } from "../../receipt.ts";
import type { Transport } from "../../transport.ts";
import type { ContractSubject } from "../transport-contract.ts";
import { build } from "./mail.ts";

// Assertions for suites that run under any runner: plain errors with a clear text, no library.

export function check(condition: boolean, otherwise: string): void {
  if (!condition) throw new Error(otherwise);
}

/** Compares what JSON can say. */
export function checkEqual(actual: unknown, expected: unknown, what: string): void {
  const [found, wanted] = [JSON.stringify(actual), JSON.stringify(expected)];
  check(found === wanted, `${what}\n  expected: ${wanted}\n  received: ${found}`);
}

/** Waits for a failure and returns it, once it is a `MailError` with one of these codes. */
export async function checkFails(work: Promise<unknown>, ...codes: readonly MailErrorCode[]): Promise<MailError> {
  const outcome = await work.then(
    () => ({ failed: false as const }),
    (error: unknown) => ({ failed: true as const, error }),
  );
  const wanted = codes.join(" or ");
  if (!outcome.failed) throw new Error(`It succeeded; expected a MailError with code ${wanted}.`);
  const { error } = outcome;
  if (!isMailError(error))
    throw new Error(`Expected a MailError with code ${wanted}, got: ${String(error)}`, { cause: error });
  check(codes.includes(error.code), `Expected code ${wanted}, got ${error.code}: ${error.message}`);
  check(typeof error.phase === "string" && error.phase.length > 0, "A MailError has a phase.");
  check(typeof error.retryable === "boolean", "A MailError says whether it is retryable.");
  return error;
}

export function checkReceipt(receipt: Receipt, mail: OutgoingMail, transport: Transport): void {
  checkEqual(receipt.messageId, mail.messageId, "The receipt carries the Message-ID of the mail.");
  // Of transports inside another, the receipt names the one that sent it.
  check(transport.name.includes(receipt.transport) && receipt.transport !== "", "The receipt names its transport.");
  check(
    Number.isInteger(receipt.size) && receipt.size > 0,
    `The receipt's size is a number of bytes, not ${receipt.size}.`,
  );
  check(Array.isArray(receipt.downgrades), "The receipt lists downgrades, if only an empty list.");
  const { reply } = receipt;
  check(reply === undefined || (reply.code >= 200 && reply.code < 300), "The receipt's reply is positive.");
}

export async function checkNothingArrived({ received }: ContractSubject): Promise<void> {
  checkEqual((await received(0)).length, 0, "Nothing arrives.");
}

/** A failed message is no reason to fail the next. */
export async function checkStillWorks({ transport, received }: ContractSubject): Promise<void> {
  const mail = await build();
  checkReceipt(await transport.send(mail), mail, transport);
  checkEqual((await received(1)).length, 1, "The next message arrives.");
}
