import type { SmtpAuth } from "../../connection.ts";
import type { SmtpReply } from "../../receipt.ts";
import { encodeBase64 } from "../../util/base64.ts";
import { isAscii } from "../../util/safe-text.ts";

/** In place of what nobody shall read. */
export const HIDDEN = "****";

/** Three letters are in any text by chance, and a password of three letters is no secret. */
const MAX_OPEN_LENGTH = 3;

/** `%C3`, `\xE4`, `=E4`: how programs write an octet that is not ASCII. */
const ESCAPED_OCTET = /(?:%|\\x|=)[0-9a-f]{2}/gi;

/**
 * What the server must not tell anybody: some repeat in their refusal what they could not read. Challenges are hidden as
 * well, since a salt and a proof are enough to guess a password at leisure.
 */
export class Secrets {
  readonly #texts: string[];

  constructor({ password, accessToken }: SmtpAuth) {
    this.#texts = [password, accessToken].filter((secret) => typeof secret === "string");
  }

  /** A response the server was given: it may repeat all of it, or any field. */
  add(response: Uint8Array): void {
    const text = new TextDecoder().decode(response);
    this.#texts.push(encodeBase64(response), text, ...text.split(/[\x00-\x20]/));
  }

  readonly hide = (reply: SmtpReply): SmtpReply => {
    if (reply.code === 334) return { code: 334, text: reply.text === "" ? "" : HIDDEN };
    const isTold = this.#texts.some((secret) => isRepeated(secret, reply.text));
    return isTold ? { ...reply, text: "(hidden: the server repeated the credentials)" } : reply;
  };
}

/**
 * True also where the secret is mangled. A server that reads no UTF-8 repeats `pässwörd` as Latin-1, as `p?ssw?rd` or in
 * letters of another charset, and most of it is told: the letters and digits that every charset has give it away, and
 * where nobody can say what others stand for, any of them do.
 */
function isRepeated(secret: string, text: string): boolean {
  if (secret.length > MAX_OPEN_LENGTH && text.includes(secret)) return true;
  if (!isAscii(secret) && !isAscii(text)) return true;
  const letters = lettersOf(secret);
  return letters.length > MAX_OPEN_LENGTH && lettersOf(text).includes(letters);
}

function lettersOf(text: string): string {
  return text
    .replace(ESCAPED_OCTET, "")
    .replace(/[^a-z0-9]/gi, "")
    .toLowerCase();
}
