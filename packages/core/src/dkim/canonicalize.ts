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

const CRLF = Uint8Array.of(CR, LF);
const LONE_CR = Uint8Array.of(CR);
const LONE_LF = Uint8Array.of(LF);
const ONE_SPACE = Uint8Array.of(SPACE);

/** Lines are collected, since hashing a few octets at a time costs more than copying them. */
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
    let at = 0;
    while (at < chunk.length) {
      const start = at;
      while (at < chunk.length && !this.#mayEndLine(chunk[at] ?? 0)) at++;
      if (at > start) this.#putText(chunk.subarray(start, at));
      if (at < chunk.length) this.#hold(chunk[at++] ?? 0);
    }
  }

  /** An empty body is one CRLF in the simple form and nothing in the relaxed one. */
  end(): void {
    if (this.#cr) this.#release();
    if (!this.#relaxed || !this.#isEmpty) this.#put(CRLF);
    this.#flush();
  }

  #mayEndLine(octet: number): boolean {
    if (octet > SPACE) return false;
    return octet === CR || octet === LF || (this.#relaxed && (octet === SPACE || octet === TAB));
  }

  #hold(octet: number): void {
    if (octet === LF && this.#cr) {
      this.#cr = false;
      this.#space = false;
      this.#lineEnds++;
      return;
    }
    if (this.#cr) this.#release();
    if (octet === CR) this.#cr = true;
    else if (octet === LF) this.#putText(LONE_LF);
    else this.#space = true;
  }

  #putText(text: Uint8Array): void {
    this.#release();
    this.#put(text);
  }

  /** The line goes on: what was held back belongs to the text. */
  #release(): void {
    for (; this.#lineEnds > 0; this.#lineEnds--) this.#put(CRLF);
    if (this.#space) this.#put(ONE_SPACE);
    if (this.#cr) this.#put(LONE_CR);
    this.#space = false;
    this.#cr = false;
  }

  #put(octets: Uint8Array): void {
    this.#isEmpty = false;
    if (this.#length + octets.length > BUFFER_BYTES) this.#flush();
    if (octets.length > BUFFER_BYTES) {
      this.#sink(octets);
      return;
    }
    this.#buffer.set(octets, this.#length);
    this.#length += octets.length;
  }

  #flush(): void {
    this.#sink(this.#buffer.subarray(0, this.#length));
    this.#length = 0;
  }
}
