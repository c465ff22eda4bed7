import { MailError } from "@edgepost/core";
import type { MessageFailure } from "../store/message-record.ts";

export function toFailure({ code, phase, message, retryable }: MailError): MessageFailure {
  return { code, phase, detail: message, retryable };
}

/** An error nobody foresaw, while a message was on its way: nobody knows how far it had come. */
export function failedInside(cause: unknown): MailError {
  const detail = "The send failed inside the server.";
  return new MailError("delivery-unknown", detail, { phase: "body", retryable: false, cause });
}
