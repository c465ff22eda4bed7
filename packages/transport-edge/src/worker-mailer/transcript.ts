import { linesOf, shorten } from "./lines.ts";

/** Of the dialogue, as much as explains an error. */
const TRACE_LINES = 20;

/** What is told of a dialogue: its last `C:` and `S:` lines, without the secrets in them. */
export class Transcript {
  readonly #lines: string[] = [];
  readonly #secrets: string[] = [];

  /** Oldest first. */
  get lines(): readonly string[] {
    return [...this.#lines];
  }

  said(line: string): void {
    this.#note(`C: ${line}`);
  }

  /** A line of AUTH: it is not told, and neither is what the server repeats of it. */
  saidInSecret(line: string): void {
    this.#secrets.push(...secretsIn(line));
    this.said("(hidden)");
  }

  /** @param reply Without secrets. */
  heard(reply: string): void {
    for (const line of linesOf(reply.trimEnd())) this.#note(`S: ${shorten(line)}`);
  }

  /**
   * A reply, fit to be told: a server may repeat what it was told, to whoever reads the log.
   * @param toLogin It answers AUTH. In which letters a server repeats there what is not ASCII, nobody can say: then none
   * of its words are told.
   */
  withoutSecrets(reply: string, toLogin: boolean): string {
    const isUnreadable = toLogin && this.#secrets.some((secret) => /[^\0-\x7f]/.test(secret));
    if (isUnreadable && /^[45]\d\d/.test(reply)) return `${reply.slice(0, 3)} (hidden)`;
    return this.#secrets.reduce((shown, secret) => shown.replaceAll(secret, "(hidden)"), reply);
  }

  #note(line: string): void {
    this.#lines.push(line);
    if (this.#lines.length > TRACE_LINES) this.#lines.shift();
  }
}

/** A line of AUTH as it is written, and the password inside: the last piece of PLAIN (RFC 4616), the whole of LOGIN. */
function secretsIn(line: string): string[] {
  const [, response] = /^(?:AUTH PLAIN )?([A-Za-z0-9+/=]{4,})$/.exec(line) ?? [];
  if (response === undefined) return [];
  const octets = Uint8Array.from(atob(response), (character) => character.charCodeAt(0));
  const password = new TextDecoder().decode(octets).split("\0").at(-1) ?? "";
  // Three letters are in any text by chance, and a password of three letters is no secret.
  return password.length > 3 ? [response, password] : [response];
}
