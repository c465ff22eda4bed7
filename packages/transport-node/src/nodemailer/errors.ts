import type { MailErrorCode, MailPhase } from "@edgepost/core";
import { isMailError, type MailError } from "@edgepost/core";
import { tlsFailed } from "../sockets/socket-errors.ts";
import { isRefusable, type Refusable, refused } from "./refusals.ts";
import { parseReply } from "./reply-lines.ts";
import { failed, interrupted, type Situation, senseless } from "./situation.ts";

/** What nodemailer's errors without a reply are called, and how far the message had come. Keys are their `code`. */
const FAILURES: ReadonlyMap<string, readonly [MailErrorCode, MailPhase]> = new Map([
  ["EENVELOPE", ["invalid-message", "input"]],
  ["EMAXRECIPIENTS", ["invalid-message", "input"]],
  ["EDNS", ["connect-failed", "connect"]],
  ["EPROXY", ["connect-failed", "connect"]],
  ["ETLS", ["tls-failed", "tls"]],
  ["EAUTH", ["auth-failed", "auth"]],
  ["EOAUTH2", ["auth-failed", "auth"]],
  ["EREQUIRETLS", ["unsupported", "mail"]],
  ["EMESSAGE", ["message-too-large", "mail"]],
  ["ESTREAM", ["attachment-failed", "body"]],
]);

/**
 * nodemailer's error as ours: by its `code`, its `command`, the reply it carries, and where the dialogue stood. Its text
 * decides nothing.
 * @param shown What of a reply may be told.
 */
export function translate(
  error: unknown,
  situation: Situation,
  shown: (reply: string) => string = (reply) => reply,
): MailError {
  if (isMailError(error)) return error;
  const { code, command, response, originalCode, syscall } = readError(error);
  const reply = response === undefined ? undefined : parseReply(shown(response));
  // What stood without a line end when the server closed was not a complete reply.
  const isCutOff = code === "ECONNECTION" && command === "CONN";
  const what = nameCommand(code, command);
  if (reply !== undefined && reply.code >= 400 && what !== undefined && !isCutOff)
    return refused(what, reply, situation);

  // With TLS 1.3 a server says only after the handshake that it does not like the client's certificate.
  const isEarly = situation.phase === "greeting" || situation.phase === "ehlo";
  if (situation.isHandshake || (isEarly && originalCode?.startsWith("ERR_SSL_"))) {
    // nodemailer puts a word of its own in the place of Node's `code`, and leaves the rest as it was.
    const { cert } = error as { readonly cert?: unknown };
    const { message } = tlsFailed({ code: originalCode, cert }, situation.host);
    return failed("tls-failed", message, { ...situation, phase: "tls" }, { cause: error });
  }
  const facts = { cause: error };
  if (syscall === "connect" || syscall === "getaddrinfo") {
    return failed("connect-failed", String(error), { ...situation, phase: "connect" }, { ...facts, retryable: true });
  }
  if (code === "EPROTOCOL") return senseless("The server sent a reply that does not end", situation);
  if (code === "EABORT") return interrupted("aborted", "The send was aborted", situation, facts);
  if (code === "ETIMEDOUT") return interrupted("timeout", "The server did not answer in time", situation, facts);
  const failure = situation.isUnknown ? undefined : FAILURES.get(code ?? "");
  if (failure === undefined) return interrupted("connection-lost", "The connection was lost", situation, facts);
  const [ours, phase] = failure;
  return failed(ours, String(error), { ...situation, phase }, { ...facts, retryable: ours === "connect-failed" });
}

/** `MAIL FROM`, `AUTH PLAIN` and `CONN`, as nodemailer calls the commands. */
function nameCommand(code: string | undefined, command: string | undefined): Refusable | undefined {
  if (code === "EMESSAGE") return "message";
  if (command === "CONN") return "greeting";
  const [verb = ""] = command?.split(" ") ?? [];
  return isRefusable(verb) ? verb : undefined;
}

type ErrorField = "code" | "command" | "response" | "originalCode" | "syscall";

function readError(error: unknown): { readonly [Field in ErrorField]: string | undefined } {
  const fields: Partial<Record<ErrorField, unknown>> = typeof error === "object" && error !== null ? error : {};
  const text = (field: ErrorField) => (typeof fields[field] === "string" ? fields[field] : undefined);
  return {
    code: text("code"),
    command: text("command"),
    response: text("response"),
    originalCode: text("originalCode"),
    syscall: text("syscall"),
  };
}
