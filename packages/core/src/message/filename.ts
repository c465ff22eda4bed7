import { encodeUtf8 } from "../util/bytes.ts";
import { hasLineBreakOrNul, replaceLoneSurrogates } from "../util/safe-text.ts";

/** Octets of UTF-8: what file systems take. */
const MAX_OCTETS = 255;

/** C0 and C1 controls, line and paragraph separators, and what turns the direction of text: `invoice<RLO>fdp.exe`. */
const UNSAFE = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

/**
 * The name of a file and nothing more (RFC 2183 section 2.3), in any script: directories would tell how the sender's
 * disk looks or aim at the reader's, controls and what turns text around would show another name than the one that is
 * saved. They are left out, since a name with its path is what many programs have at hand; a line break is an attack,
 * and refused. A name with nothing left of it is none.
 */
export function checkFilename(given: unknown): { readonly filename: string | undefined } | { readonly fault: string } {
  if (typeof given !== "string") return { fault: "must be a string" };
  if (hasLineBreakOrNul(given)) return { fault: "must not contain a line break or NUL" };
  const base = given.slice(Math.max(given.lastIndexOf("/"), given.lastIndexOf("\\")) + 1);
  const filename = replaceLoneSurrogates(base.replace(UNSAFE, "")).trim();
  if (encodeUtf8(filename).length > MAX_OCTETS) return { fault: `must not be longer than ${MAX_OCTETS} octets` };
  return { filename: /^\.*$/.test(filename) ? undefined : filename };
}
