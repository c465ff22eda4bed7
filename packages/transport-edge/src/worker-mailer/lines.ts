import type { SmtpReply } from "@edgepost/core";

/** RFC 5321 section 4.2; `undefined` for anything else. */
export function parseReply(text: string): SmtpReply | undefined {
  const lines = text
    .split("\n")
    .map((line) => /^([2-5]\d\d)(?:[ -]|\r?$)(?:([245]\.\d{1,3}\.\d{1,3}) )?([^\r]*)/.exec(line));
  const code = lines[0]?.[1];
  const enhancedCode = lines[0]?.[2];
  if (code === undefined || !lines.every((line) => line?.[1] === code)) return undefined;
  return {
    code: Number(code),
    ...(enhancedCode !== undefined && { enhancedCode }),
    text: lines.map((line) => line?.[3] ?? "").join("\n"),
  };
}

/** A line of AUTH as it is written, and the password inside: the last piece of PLAIN (RFC 4616), the whole of LOGIN. */
export function secretsIn(line: string): string[] {
  const [, response] = /^(?:AUTH PLAIN )?([A-Za-z0-9+/=]{4,})$/.exec(line) ?? [];
  if (response === undefined) return [];
  const octets = Uint8Array.from(atob(response), (character) => character.charCodeAt(0));
  const password = new TextDecoder().decode(octets).split("\0").at(-1) ?? "";
  // Three letters are in any text by chance, and a password of three letters is no secret.
  return password.length > 3 ? [response, password] : [response];
}
