import { shorten } from "./reply-lines.ts";

/** Of the dialogue, as much as explains an error. */
const TRACE_LINES = 20;

/** What is shorter is in any text by chance. */
const SECRET_LENGTH = 4;

/** What is told of a dialogue: its `C:` and `S:` lines, without the secrets in them. */
export class Transcript {
  /** Watches while a session is opened for a message, or while one is sent. */
  watcher: ((line: string) => void) | undefined;

  readonly #hook: ((line: string) => void) | undefined;
  readonly #lines: string[] = [];
  readonly #secrets: string[] = [];

  constructor(hook: ((line: string) => void) | undefined) {
    this.#hook = hook;
  }

  /** The last lines, oldest first. */
  get lines(): readonly string[] {
    return [...this.#lines];
  }

  /** What must not be told, should the server repeat it: credentials, as they are and as they go over the wire. */
  conceal(secrets: readonly string[]): void {
    this.#secrets.push(...secrets.filter(({ length }) => length >= SECRET_LENGTH));
  }

  /**
   * A reply, fit to be told: some servers repeat in their refusal what they could not read.
   * @param toLogin It answers AUTH. In which letters a server repeats there what is not ASCII, nobody can say: then none
   * of its words are told.
   */
  withoutSecrets(reply: string, toLogin: boolean): string {
    const isRefusal = toLogin && /^[45]/.test(reply);
    const isTold = this.#secrets.some((secret) => reply.includes(secret) || (isRefusal && /[^\0-\x7f]/.test(secret)));
    return isTold ? `${reply.slice(0, 3)} (hidden: the server repeated the credentials)` : reply;
  }

  said(line: string): void {
    this.#note(`C: ${line}`);
  }

  /** @param reply Without secrets. */
  heard(reply: string): void {
    for (const line of reply.split("\n")) this.#note(`S: ${shorten(line)}`);
  }

  #note(line: string): void {
    this.#lines.push(line);
    if (this.#lines.length > TRACE_LINES) this.#lines.shift();
    for (const observe of [this.#hook, this.watcher]) {
      try {
        observe?.(line);
      } catch {
        // An observer must not break the dialogue it watches.
      }
    }
  }
}
