/** What a token is; a special stands for itself. */
export type TokenKind = "atom" | "quoted" | "literal" | "stray" | "unclosed" | "end" | Special;

type Special = "<" | ">" | "," | ":" | ";" | "@" | ".";

/** `atext` (RFC 5322 section 3.2.3) and everything outside ASCII (RFC 6532 section 3.2). */
const ATOM = /[^\0-\x20()<>[\]:;@\\,."\x7f]+/y;

/**
 * The lexical half of RFC 5322 addresses (section 3.2): atoms, quoted strings, comments, domain literals and specials.
 *
 * One pass, one character after the other, no backtracking, no recursion: nested comments are a counter. A comment counts
 * as white space.
 */
export class AddressScanner {
  kind: TokenKind = "end";
  /** The token itself; of a quoted string or domain literal its content; of what is unclosed its name. */
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

  /** Goes to the next token. What is opened and never closed takes the rest of the text. */
  advance(): void {
    const start = this.#position;
    if (!this.#skipSpaceAndComments()) this.#stop("comment");
    else {
      this.spaced = this.#position > start;
      this.#readToken(this.#source.charAt(this.#position));
    }
  }

  #readToken(first: string): void {
    if (first === "") this.#take("end", "", this.#position);
    else if (first === '"') this.#readQuotedString();
    else if (first === "[") this.#readLiteral();
    else if (isSpecial(first)) this.#take(first, first, this.#position + 1);
    else this.#readAtom(first);
  }

  #skipSpaceAndComments(): boolean {
    let depth = 0;
    for (; this.#position < this.#source.length; this.#position++) {
      const character = this.#source.charAt(this.#position);
      if (character === "(") depth++;
      else if (depth === 0) {
        if (character !== " " && character !== "\t") return true;
      } else if (character === "\\") this.#position++;
      else if (character === ")") depth--;
    }
    return depth === 0;
  }

  #readQuotedString(): void {
    let text = "";
    let from = this.#position + 1;
    for (let index = from; index < this.#source.length; index++) {
      const character = this.#source.charAt(index);
      if (character === '"') {
        this.#take("quoted", text + this.#source.slice(from, index), index + 1);
        return;
      }
      if (character === "\\") {
        text += this.#source.slice(from, index);
        from = ++index;
      }
    }
    this.#stop("quoted string");
  }

  #readLiteral(): void {
    const end = this.#source.indexOf("]", this.#position);
    if (end < 0) this.#stop("domain literal");
    else this.#take("literal", this.#source.slice(this.#position + 1, end).trim(), end + 1);
  }

  #readAtom(first: string): void {
    ATOM.lastIndex = this.#position;
    if (ATOM.test(this.#source)) {
      this.#take("atom", this.#source.slice(this.#position, ATOM.lastIndex), ATOM.lastIndex);
    } else this.#take("stray", first, this.#position + 1);
  }

  #stop(name: string): void {
    this.#take("unclosed", name, this.#source.length);
  }

  #take(kind: TokenKind, text: string, next: number): void {
    this.kind = kind;
    this.text = text;
    this.#position = next;
  }
}

function isSpecial(character: string): character is Special {
  return "<>,:;@.".includes(character);
}
