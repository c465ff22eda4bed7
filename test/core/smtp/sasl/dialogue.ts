/** The octets of a challenge, and the text of a response: what a SASL test reads and writes. */
export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

export function text(response: Uint8Array | undefined): string | undefined {
  return response === undefined ? undefined : new TextDecoder("utf-8", { fatal: true }).decode(response);
}

/** A source of randomness that gives the nonce an RFC prints. */
export function nonceOf(base64: string): () => Uint8Array {
  return () => new Uint8Array(Buffer.from(base64, "base64"));
}
