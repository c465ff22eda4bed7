/** RFC 6376 section 3.4: how much a relay may change before the signature breaks. */
export type CanonicalForm = "simple" | "relaxed";

/** One header field, without its final CRLF (sections 3.4.1 and 3.4.2). */
export function canonicalizeField(field: string, form: CanonicalForm): string {
  if (form === "simple") return field;
  const colon = field.indexOf(":");
  const name = field.slice(0, colon).toLowerCase();
  const value = field
    .slice(colon + 1)
    .replaceAll("\r\n", "")
    .replaceAll(/[ \t]+/g, " ");
  return `${name.trimEnd()}:${value.replace(/^ /, "").replace(/ $/, "")}`;
}

const TAB = 9;
const LF = 10;
const CR = 13;
const SPACE = 32;

const BUFFER_BYTES = 16_384;

/**
 * The body as it is hashed (sections 3.4.3 and 3.4.4), piece by piece: it does not matter where chunks end.
 *
 * White space and line ends are held back until the next octet tells whether they stand at the end of a line or of the
 * body. They are held as counts, so that a body of a million empty lines needs no memory. Only CRLF ends a line; a CR or
 * LF alone, which no message of ours has, counts as text.
 */
export class BodyCanonicalizer {
  readonly #relaxed: boolean;
  /** Takes the canonical octets; the buffer they come in is used again afterwards. */
  readonly #sink: (bytes: Uint8Array) => void;
  readonly #buffer = new Uint8Array(BUFFER_BYTES);
  #length = 0;
  #isEmpty = true;
  // What is held back, in this order.
  #lineEnds = 0;
  #space = false;
  #cr = false;

  constructor(form: CanonicalForm, sink: (bytes: Uint8Array) => void) {
    this.#relaxed = form === "relaxed";
    this.#sink = sink;
  }

  write(chunk: Uint8Array): void {
    for (const octet of chunk) {
      if (this.#cr && octet === LF) this.#endLine();
      else this.#take(octet);
    }
  }

  /** An empty body is one CRLF in the simple form and nothing in the relaxed one. */
  end(): void {
    if (this.#cr) this.#release();
    if (!this.#relaxed || !this.#isEmpty) this.#putLineEnd();
    this.#flush();
  }

  #endLine(): void {
    this.#cr = false;
    this.#space = false;
    this.#lineEnds++;
  }

  #take(octet: number): void {
    if (this.#cr) this.#release();
    if (octet === CR) {
      this.#cr = true;
    } else if (this.#relaxed && (octet === SPACE || octet === TAB)) {
      this.#space = true;
    } else {
      this.#release();
      this.#put(octet);
    }
  }

  /** The line goes on: what was held back belongs to the text. */
  #release(): void {
    for (; this.#lineEnds > 0; this.#lineEnds--) this.#putLineEnd();
    if (this.#space) this.#put(SPACE);
    if (this.#cr) this.#put(CR);
    this.#space = false;
    this.#cr = false;
  }

  #putLineEnd(): void {
    this.#put(CR);
    this.#put(LF);
  }

  #put(octet: number): void {
    if (this.#length === BUFFER_BYTES) this.#flush();
    this.#buffer[this.#length++] = octet;
    this.#isEmpty = false;
  }

  #flush(): void {
    this.#sink(this.#buffer.subarray(0, this.#length));
    this.#length = 0;
  }
}
