import type { SignableMessage } from "../../../packages/core/src/mime/signer.ts";

/** A message written out, as a signer sees it; its body comes in chunks of `chunkBytes`. */
export function signable(
  raw: string,
  { date = new Date("2026-01-02T03:04:05Z"), chunkBytes = 7 } = {},
): SignableMessage {
  const end = raw.indexOf("\r\n\r\n");
  const bytes = new TextEncoder().encode(raw.slice(end + 4));
  return {
    fields: raw.slice(0, end).split(/\r\n(?![ \t])/),
    date,
    async *body() {
      for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes);
    },
  };
}
