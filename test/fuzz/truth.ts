import { isMailError, type MailError, type OutgoingMail, type Receipt } from "@edgepost/core";
import { type Delivery, isYes } from "./random-server.ts";

/** What happened while one mail was sent, as the server knows it. */
export interface Facts {
  readonly deliveries: readonly Delivery[];
  /** What the client wrote. */
  readonly written: string;
}

const CODES = new Set(
  (
    "unsupported connect-failed tls-failed tls-required auth-failed auth-unsupported auth-insecure greeting-rejected " +
    "sender-rejected recipients-rejected message-rejected message-too-large connection-lost delivery-unknown timeout " +
    "aborted protocol-error"
  ).split(" "),
);

/** Why this outcome is not true; `undefined` when it is. */
export function lieOf(outcome: Receipt | MailError, { envelope }: OutgoingMail, facts: Facts): string | undefined {
  return isMailError(outcome) ? lieOfError(outcome, facts) : lieOfReceipt(outcome, envelope.to, facts);
}

function lieOfReceipt(receipt: Receipt, to: readonly string[], { deliveries }: Facts): string | undefined {
  const { accepted, rejected, unknown = [] } = receipt;
  const named = [...accepted, ...rejected.map(({ address }) => address), ...unknown];
  if (named.sort().join() !== [...to].sort().join()) return `the receipt names ${named}`;
  if (accepted.length === 0) return "a receipt, and nobody accepted";
  if (deliveries.some(({ isClear }) => !isClear)) return undefined;

  const taken = takenBy(deliveries);
  const invented = accepted.filter((address) => !taken.has(address));
  if (invented.length > 0) return `accepted for ${invented}, says the client; the server never said so`;
  const again = rejected.filter(({ address, retryable }) => retryable && taken.has(address));
  if (again.length > 0) return `${again[0]?.address} may be tried again, says the client; the server took it`;
  return undefined;
}

function lieOfError({ code, retryable }: MailError, { deliveries, written }: Facts): string | undefined {
  if (!CODES.has(code)) return `the code ${code}`;
  if (code === "delivery-unknown") {
    if (retryable) return "delivery-unknown, and retryable";
    return holdsWholeMessage(written) ? undefined : "delivery-unknown, and no message was written to its end";
  }
  if (deliveries.some(({ isClear }) => !isClear)) return undefined;
  if (takenBy(deliveries).size > 0) return `${code}, says the client; the server took the message`;
  const isOpen = deliveries.some((delivery) => delivery.code === undefined);
  return isOpen && retryable
    ? `${code}, retryable; the server has the message, and its answer was not heard`
    : undefined;
}

/** The recipients the server took responsibility for. */
function takenBy(deliveries: readonly Delivery[]): ReadonlySet<string> {
  return new Set(deliveries.filter(({ code }) => isYes(code)).flatMap(({ to }) => to));
}

function holdsWholeMessage(written: string): boolean {
  if (written.includes("\r\n.\r\n")) return true;
  const last = /BDAT (\d+) LAST\r\n/.exec(written);
  return last !== null && written.length - last.index - last[0].length >= Number(last[1]);
}
