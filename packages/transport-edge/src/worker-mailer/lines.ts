import type { SmtpReply } from "@edgepost/core";

/** Characters of a reply, or of one of its lines, that messages and traces show. The reply itself has them all. */
const MAX_SHOWN = 1_000;

/** Not more of a server's words than somebody would read: its replies may have half a megabyte. */
export function shorten(text: string): string {
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}

/** The lines of a reply. They end in logs and terminals, whose cursor they must not move. */
export function linesOf(text: string): string[] {
  return text.split(/\r?\n/).map((line) => line.replace(/[\x00-\x1f\x7f-\x9f]/g, " "));
}

/** RFC 5321 section 4.2; `undefined` for anything else. */
export function parseReply(text: string): SmtpReply | undefined {
  const lines = linesOf(text).map((line) => /^([2-5]\d\d)(?:[ -]|$)(?:([245]\.\d{1,3}\.\d{1,3}) )?(.*)/.exec(line));
  const code = lines[0]?.[1];
  const enhancedCode = lines[0]?.[2];
  if (code === undefined || !lines.every((line) => line?.[1] === code)) return undefined;
  return {
    code: Number(code),
    ...(enhancedCode !== undefined && { enhancedCode }),
    text: lines.map((line) => line?.[3] ?? "").join("\n"),
  };
}
