import type { SmtpReply } from "../receipt.ts";

/** One line of a reply: `250-` goes on, `250 ` is the last (RFC 5321 section 4.2). */
export interface ReplyLine {
  readonly code: number;
  readonly last: boolean;
  readonly text: string;
}

const CR = 13;
const SPACE = 32;
const HYPHEN = 45;
const DOT = 46;
const ZERO = 48;

const decoder = new TextDecoder();

/** Reads a line without its LF, with or without its CR. `undefined` when it is not a line of a reply. */
export function parseReplyLine(line: Uint8Array): ReplyLine | undefined {
  const end = line[line.length - 1] === CR ? line.length - 1 : line.length;
  const code = end < 3 ? undefined : parseCode(line);
  const separator = end === 3 ? SPACE : line[3]; // a bare code is a whole line
  if (code === undefined || (separator !== SPACE && separator !== HYPHEN)) return undefined;
  return { code, last: separator === SPACE, text: toText(line.subarray(4, end)) };
}

/** Whether the line these bytes begin can still become a line of a reply: TLS records and many others never end one. */
export function canBeginReply(bytes: Uint8Array): boolean {
  const [first = 50, second = ZERO, third = ZERO] = bytes;
  return first >= 50 && first <= 53 && isDigit(second) && isDigit(third);
}

/** One reply of all its lines, which have the same code. */
export function joinReply(lines: readonly ReplyLine[]): SmtpReply {
  let enhancedCode: string | undefined;
  let text = "";
  let code = 0;
  for (const line of lines) {
    const end = endOfEnhancedCode(line.text);
    if (end > 0) enhancedCode ??= line.text.slice(0, end);
    if (code !== 0) text += "\n";
    text += end > 0 ? line.text.slice(end + 1) : line.text;
    code = line.code;
  }
  return enhancedCode === undefined ? { code, text } : { code, enhancedCode, text };
}

export function isPositive(reply: SmtpReply): boolean {
  return reply.code >= 250 && reply.code <= 259;
}

export function isNegative(reply: SmtpReply): boolean {
  return reply.code >= 400;
}

/** 5.3.4: the message is too big for the system (RFC 3463). */
export function isTooLarge({ enhancedCode }: SmtpReply): boolean {
  return enhancedCode === "5.3.4";
}

/** Characters of a reply, or of one of its lines, that messages and traces show. The reply itself has them all. */
const MAX_SHOWN = 1_000;

/** Not more of a server's words than somebody would read: its replies may have half a megabyte. */
export function shorten(text: string): string {
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}

/** For a message to a human: `550 5.1.1 No such user`. */
export function formatReply({ code, enhancedCode, text }: SmtpReply): string {
  const words = shorten(text).replaceAll("\n", " ");
  return enhancedCode === undefined ? `${code} ${words}` : `${code} ${enhancedCode} ${words}`;
}

/** Three digits, the first of them 2 to 5: no server answers 1yz (RFC 5321 section 4.2.1). */
function parseCode(line: Uint8Array): number | undefined {
  if (!canBeginReply(line)) return undefined;
  const [first = 0, second = 0, third = 0] = line;
  return (first - ZERO) * 100 + (second - ZERO) * 10 + (third - ZERO);
}

/** What a server writes ends in logs and terminals: it must not break their lines or move their cursor. */
function toText(bytes: Uint8Array): string {
  return decoder.decode(bytes).replace(/[\x00-\x1f\x7f-\x9f]/g, " ");
}

/** `class.subject.detail` and a space or the end (RFC 2034): how many characters, 0 when there is none. */
function endOfEnhancedCode(text: string): number {
  const kind = text.charCodeAt(0);
  if ((kind !== 50 && kind !== 52 && kind !== 53) || text.charCodeAt(1) !== DOT) return 0;
  const subjectEnd = skipDigits(text, 2);
  if (text.charCodeAt(subjectEnd) !== DOT) return 0;
  const end = skipDigits(text, subjectEnd + 1);
  const hasBoth = subjectEnd > 2 && end > subjectEnd + 1;
  return hasBoth && (end === text.length || text.charCodeAt(end) === SPACE) ? end : 0;
}

/** At most three digits (RFC 3463 section 2). */
function skipDigits(text: string, from: number): number {
  let index = from;
  while (index < from + 3 && isDigit(text.charCodeAt(index))) index++;
  return index;
}

function isDigit(octet: number): boolean {
  return octet >= ZERO && octet <= ZERO + 9;
}
