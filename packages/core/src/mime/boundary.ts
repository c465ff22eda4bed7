import type { AttachmentSource } from "../message/message.ts";
import { toHex } from "../util/bytes.ts";

/**
 * A maker of multipart boundaries (RFC 2046 section 5.1.1) for one message.
 *
 * None of them ever occurs in the content. `=_` is impossible in quoted-printable and base64; a text with a line that
 * begins `--=_` is never sent as 7bit or 8bit (see `transfer-encoding.ts`); an attached message may hold such a line, so
 * those at hand are searched, and for the ones still to be streamed 96 random bits have to do. No boundary is the
 * beginning of another, which some parsers would take for it.
 */
export function boundaryMaker(
  random: (bytes: number) => Uint8Array,
  contents: readonly AttachmentSource[],
): () => string {
  let token: string | undefined;
  let count = 0;
  const isTaken = (boundary: string) =>
    contents.some((content) => content.kind === "bytes" && hasText(content.bytes, boundary));
  return () => {
    token ??= toHex(random(12));
    let boundary: string;
    do boundary = `=_${++count}_${token}`;
    while (isTaken(boundary));
    return boundary;
  };
}

function hasText(bytes: Uint8Array, text: string): boolean {
  return new TextDecoder().decode(bytes).includes(text);
}
