import type { SmtpReply } from "../receipt.ts";
import { shorten } from "./reply.ts";

/** How much of the dialogue an error tells: enough for a whole small transaction and what led to it. */
const LAST_LINES = 20;

/**
 * The dialogue as `C:` and `S:` lines. It is redacted where it is written: secrets and message bodies never come here.
 *
 * It is kept as it comes and made into text only when somebody reads it, since a message that arrives needs none.
 */
export class Trace {
  /** Watches while one message is sent. */
  watcher: ((line: string) => void) | undefined;
  readonly #hook: ((line: string) => void) | undefined;
  /** A ring of the last entries: a line of the client, or a reply of the server. */
  readonly #entries: (string | SmtpReply)[] = [];
  #next = 0;

  constructor(hook: ((line: string) => void) | undefined) {
    this.#hook = hook;
  }

  add(entry: string | SmtpReply): void {
    this.#entries[this.#next] = entry;
    this.#next = (this.#next + 1) % LAST_LINES;
    if (this.#hook !== undefined) this.#show(entry, this.#hook);
    if (this.watcher !== undefined) this.#show(entry, this.watcher);
  }

  /** The last lines, oldest first. */
  lines(): readonly string[] {
    const inOrder = [...this.#entries.slice(this.#next), ...this.#entries.slice(0, this.#next)];
    return inOrder.flatMap(format).slice(-LAST_LINES);
  }

  #show(entry: string | SmtpReply, hook: (line: string) => void): void {
    for (const line of format(entry)) {
      try {
        hook(line);
      } catch {
        // An observer must not break the dialogue it watches.
      }
    }
  }
}

function format(entry: string | SmtpReply): readonly string[] {
  if (typeof entry === "string") return [`C: ${entry}`];
  const { code, enhancedCode, text } = entry;
  const lines = text.split("\n").map((line) => shorten(enhancedCode === undefined ? line : `${enhancedCode} ${line}`));
  return lines.map((line, index) => `S: ${code}${index === lines.length - 1 ? " " : "-"}${line}`.trimEnd());
}
