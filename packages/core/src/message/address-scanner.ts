/** What a token is; a special stands for itself. */
export type TokenKind = "atom" | "quoted" | "literal" | "fault" | "end" | "<" | ">" | "," | ":" | ";" | "@" | ".";

/**
 * The lexical half of RFC 5322 addresses (section 3.2): atoms, quoted strings, comments, domain literals and specials.
 *
 * One pass, one character after the other, no backtracking, no recursion: nested comments are a counter. Everything
 * outside ASCII is atom text (RFC 6532 section 3.2). Comments count as white space.
 */
export class AddressScanner {
  kind: TokenKind = "end";
  /** The token itself; of a quoted string or domain literal its decoded content; of a fault, what is wrong. */
  text = "";
  /** True when white space or a comment stands before the token. */
  spaced = false;

  readonly #source: string;
  #position = 0;

  constructor(source: string) {
    this.#source = source;
    this.advance();
  }

  is(kind: TokenKind): boolean {
    return this.kind === kind;
  }

  /** Goes on if the current token is of this kind, and says whether it was. */
  take(kind: TokenKind): boolean {
    if (this.kind !== kind) return false;
    this.advance();
    return true;
  }

  /** Goes to the next token. A fault inside a quoted string, comment or literal ends the scan. */
  advance(): void {
    this.spaced = false;
    this.text = "";
    while (this.#position < this.#source.length) {
      const character = this.#source.charAt(this.#position);
      switch (character) {
        case " ":
        case "\t":
          this.#position++;
          this.spaced = true;
          continue;
        case "(":
          if (!this.#skipComment()) return this.#stop("has a comment that is not closed");
          this.spaced = true;
          continue;
        case '"':
          return this.#readQuotedString();
        case "[":
          return this.#readLiteral();
        case "<":
        case ">":
        case ",":
        case ":":
        case ";":
        case "@":
        case ".":
          this.#position++;
          this.kind = character;
          this.text = character;
          return;
        default:
          return this.#readAtom();
      }
    }
    this.kind = "end";
  }

  #skipComment(): boolean {
    let depth = 0;
    for (let index = this.#position; index < this.#source.length; index++) {
      const character = this.#source.charAt(index);
      if (character === "\\") index++;
      else if (character === "(") depth++;
      else if (character === ")" && --depth === 0) {
        this.#position = index + 1;
        return true;
      }
    }
    return false;
  }

  #readQuotedString(): void {
    let text = "";
    let from = this.#position + 1;
    for (let index = from; index < this.#source.length; index++) {
      const character = this.#source.charAt(index);
      if (character === '"') {
        this.#position = index + 1;
        this.kind = "quoted";
        this.text = text + this.#source.slice(from, index);
        return;
      }
      if (character === "\\") {
        text += this.#source.slice(from, index);
        from = ++index;
      }
    }
    this.#stop("has a quoted string that is not closed");
  }

  #readLiteral(): void {
    const end = this.#source.indexOf("]", this.#position);
    if (end < 0) return this.#stop("has a domain literal that is not closed");
    this.kind = "literal";
    this.text = this.#source.slice(this.#position + 1, end).trim();
    this.#position = end + 1;
  }

  #readAtom(): void {
    const start = this.#position;
    while (this.#position < this.#source.length && isAtomText(this.#source.charCodeAt(this.#position)))
      this.#position++;
    this.text = this.#source.slice(start, this.#position);
    this.kind = "atom";
    if (this.text === "") {
      this.kind = "fault";
      this.text = `has ${JSON.stringify(this.#source.charAt(start))} outside quotes`;
      this.#position++;
    }
  }

  #stop(fault: string): void {
    this.#position = this.#source.length;
    this.kind = "fault";
    this.text = fault;
  }
}

/** `atext` (RFC 5322 section 3.2.3), or anything outside ASCII. */
function isAtomText(code: number): boolean {
  return code > 0x7f || (code > 0x20 && code < 0x7f && !'()<>[]:;@\\,."'.includes(String.fromCharCode(code)));
}
