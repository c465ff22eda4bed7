import type { SmtpReply } from "@edgepost/core";

/**
 * Cuts what a server sends into replies where nodemailer does: it takes every line that is not `250-…` for the last of
 * one. An empty line, which nodemailer skips, is a reply here, and a senseless one.
 */
export class ReplyLines {
  #line = "";
  #lines: string[] = [];

  /** True in the middle of a reply. */
  get isPartial(): boolean {
    return this.#line !== "" || this.#lines.length > 0;
  }

  /** The replies this chunk completes. What is kept of the next one is bounded by nodemailer's `maxResponseSize`. */
  take(chunk: Buffer): string[] {
    const lines = (this.#line + chunk.toString("latin1")).split(/\r?\n/);
    this.#line = lines.pop() ?? "";
    const replies: string[] = [];
    for (const line of lines) {
      this.#lines.push(line);
      if (/^\d+-/.test(line)) continue;
      replies.push(decode(this.#lines.join("\n")));
      this.#lines = [];
    }
    // No line end may ever come from a server that speaks another protocol.
    if (!canBeginReply(this.#line)) replies.push(decode(this.#line));
    return replies;
  }
}

function canBeginReply(text: string): boolean {
  return /^(?:$|[2-5](?:$|\d(?:$|\d)))/.test(text);
}

/** Reads one complete reply (RFC 5321 section 4.2); `undefined` when it is none. */
export function parseReply(text: string): SmtpReply | undefined {
  const lines = text.split(/\r?\n/);
  const last = lines.at(-1) ?? "";
  const [, digits, enhancedCode] = /^([2-5]\d\d)(?: ([245]\.\d{1,3}\.\d{1,3})(?= |$))?(?= |$)/.exec(last) ?? [];
  if (digits === undefined || !lines.every((line) => line.startsWith(digits))) return undefined;
  const texts = lines.map((line) => {
    const words = line.slice(4);
    return enhancedCode !== undefined && words.startsWith(enhancedCode) ? words.slice(enhancedCode.length + 1) : words;
  });
  return { code: Number(digits), ...(enhancedCode !== undefined && { enhancedCode }), text: texts.join("\n") };
}

/** Characters of a reply, or of one of its lines, that messages and traces show. The reply itself has them all. */
const MAX_SHOWN = 1_000;

/** Not more of a server's words than somebody would read: its replies may have half a megabyte. */
export function shorten(text: string): string {
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}

/** For a message to a human: `550 5.1.1 No such user`. */
export function formatReply({ code, enhancedCode, text }: SmtpReply): string {
  return [code, enhancedCode, shorten(text).replaceAll("\n", " ")].filter((part) => part !== undefined).join(" ");
}

/**
 * Replies are UTF-8 at best (RFC 6531 section 3.7.4.2). They end in logs and terminals, whose lines they must not break
 * and whose cursor they must not move.
 */
function decode(latin1: string): string {
  const utf8 = Buffer.from(latin1, "latin1").toString("utf8");
  return utf8.replace(/[\x00-\x09\x0b-\x1f\x7f-\x9f]/g, " ");
}
