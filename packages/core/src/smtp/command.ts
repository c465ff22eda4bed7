import { MailError } from "../errors.ts";
import { concatBytes, encodeUtf8 } from "../util/bytes.ts";

/**
 * The one place that writes command lines. Whatever reaches a command was checked at the door already; here it is checked
 * again, where one line break would be one command more (CVE-2025-59419 and its many relatives).
 */

/**
 * The longest command line. RFC 5321 gives 512 octets and each extension some more: SIZE 26, DSN 600, SMTPUTF8 10. A
 * recipient with its ORCPT in xtext fits; nothing an honest message needs does not.
 */
const MAX_COMMAND_BYTES = 2_048;

/** RFC 4954 section 4.5. Access tokens are long. */
const MAX_AUTH_BYTES = 12_288;

export function ehlo(clientName: string): string {
  return `EHLO ${clientName}`;
}

export function helo(clientName: string): string {
  return `HELO ${clientName}`;
}

/** ESMTP parameters of MAIL; what is undefined or false is not written. */
export interface MailParameters {
  /** RFC 1870: bytes of the message. */
  readonly size?: number | undefined;
  /** RFC 6152, RFC 3030. */
  readonly body?: "8BITMIME" | "BINARYMIME" | undefined;
  /** RFC 6531. */
  readonly smtpUtf8?: boolean | undefined;
  /** RFC 8689. */
  readonly requireTls?: boolean | undefined;
  /** RFC 3461. */
  readonly ret?: "FULL" | "HDRS" | undefined;
  readonly envId?: string | undefined;
}

export function mailFrom(sender: string, parameters: MailParameters = {}): string {
  const { size, body, smtpUtf8, requireTls, ret, envId } = parameters;
  let line = `MAIL FROM:${path(sender)}`;
  if (size !== undefined) line += ` SIZE=${Math.trunc(size)}`;
  if (body !== undefined) line += ` BODY=${body}`;
  if (smtpUtf8) line += " SMTPUTF8";
  if (requireTls) line += " REQUIRETLS";
  if (ret !== undefined) line += ` RET=${ret}`;
  if (envId !== undefined) line += ` ENVID=${xtext(envId)}`;
  return line;
}

/** ESMTP parameters of RCPT (RFC 3461). */
export interface RcptParameters {
  readonly notify?: "never" | readonly ("success" | "failure" | "delay")[] | undefined;
  /** Sends the recipient's own address as ORCPT. */
  readonly originalRecipient?: boolean | undefined;
}

export function rcptTo(recipient: string, parameters: RcptParameters = {}): string {
  const { notify, originalRecipient } = parameters;
  let line = `RCPT TO:${path(recipient)}`;
  if (notify !== undefined) line += ` NOTIFY=${notifyOf(notify)}`;
  if (originalRecipient) line += ` ORCPT=${originalRecipientOf(recipient)}`;
  return line;
}

/** The words of RFC 3461 section 4.1 and no others: mail made by hand may hold any text. */
function notifyOf(notify: NonNullable<RcptParameters["notify"]>): string {
  const words: readonly string[] = typeof notify === "string" ? [notify] : notify;
  const known = notify === "never" ? ["never"] : ["success", "failure", "delay"];
  if (words.length === 0 || !words.every((word) => known.includes(word))) {
    throw unsafe("NOTIFY takes never, or some of success, failure and delay.");
  }
  return words.join(",").toUpperCase();
}

/** RFC 3030: `octets` of the message follow the line. */
export function bdat(octets: number, last: boolean): string {
  return `BDAT ${Math.trunc(octets)}${last ? " LAST" : ""}`;
}

/** Lines for the wire, each with its CRLF, and in the same bytes what of the message follows them. */
export function encodeCommands(lines: readonly string[], message?: Uint8Array): Uint8Array {
  for (const line of lines) refuseUnsafe(line, MAX_COMMAND_BYTES);
  const commands = encodeUtf8(`${lines.join("\r\n")}\r\n`);
  return message === undefined ? commands : concatBytes([commands, message]);
}

/** AUTH, or an answer to a challenge. */
export function encodeAuthLine(line: string): Uint8Array {
  refuseUnsafe(line, MAX_AUTH_BYTES);
  return encodeUtf8(`${line}\r\n`);
}

/** `<address>`. Nothing inside may end the path, in whatever way a server reads quotes, nor the line. */
function path(address: string): string {
  if (/[<>\x00-\x1f\x7f]/.test(address)) {
    throw unsafe(`The address ${JSON.stringify(address)} has an angle bracket or a control character in it.`);
  }
  return `<${address}>`;
}

/** `rfc822;` and xtext, or for an internationalised address `utf-8;` and its own escapes. */
function originalRecipientOf(recipient: string): string {
  const isAscii = /^[\x00-\x7f]*$/.test(recipient);
  return isAscii ? `rfc822;${xtext(recipient)}` : `utf-8;${unitext(recipient)}`;
}

/** RFC 3461 section 4: whatever is not printable ASCII, and `+` and `=`, as `+` and two hexadecimal digits. */
function xtext(text: string): string {
  return text.replace(/[^!-~]+|[+=]/gu, (found) => [...encodeUtf8(found)].map((octet) => `+${hex(octet)}`).join(""));
}

/** RFC 6533 section 3, `utf-8-addr-xtext`: the same idea for code points. */
function unitext(text: string): string {
  return text.replace(/[^!-~]|[+=\\]/gu, (found) => `\\x{${hex(found.codePointAt(0) ?? 0)}}`);
}

function hex(value: number): string {
  return value.toString(16).toUpperCase().padStart(2, "0");
}

function refuseUnsafe(line: string, maxBytes: number): void {
  if (/[\x00-\x1f\x7f]/.test(line))
    throw unsafe("A line break or another control character stands in an SMTP command.");
  // No character has more than three octets per UTF-16 unit: only a long line needs counting.
  if (line.length * 3 > maxBytes - 2 && encodeUtf8(line).length > maxBytes - 2) {
    throw unsafe(`An SMTP command is longer than ${maxBytes} octets.`);
  }
}

function unsafe(message: string): MailError {
  return new MailError("invalid-message", message, { phase: "input", retryable: false });
}
