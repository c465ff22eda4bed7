/** One reply, all its lines: a server may go on with `250-` for ever. */
const MAX_REPLY_CHARACTERS = 524_288;
const MAX_REPLY_LINES = 1_000;

/** What came from the server and was not read yet. */
export class Unread {
  #text = "";
  #decoder = new TextDecoder();

  get isEmpty(): boolean {
    return this.#text === "";
  }

  /** True where a reply must have ended long ago. */
  get isEndless(): boolean {
    return this.#text.length > MAX_REPLY_CHARACTERS || this.#text.split("\n").length > MAX_REPLY_LINES;
  }

  /** Answers whether it is worth looking again: a line was ended, or it gets too much. */
  add(octets: Uint8Array): boolean {
    const text = this.#decoder.decode(octets, { stream: true });
    this.#text += text;
    return text.includes("\n") || this.#text.length > MAX_REPLY_CHARACTERS;
  }

  /** The first complete reply, without its last line end. */
  takeReply(): string | undefined {
    const lines = this.#text.split("\n");
    const last = lines.slice(0, -1).findIndex((line) => !/^\d{3}-/.test(line));
    if (last < 0) return undefined;
    this.#text = lines.slice(last + 1).join("\n");
    return lines.slice(0, last + 1).join("\n");
  }

  /** Half a character that came before TLS is no beginning of one under it. */
  startTls(): void {
    this.#decoder = new TextDecoder();
  }
}
