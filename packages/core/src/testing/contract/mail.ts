import { buildMime } from "../../build-mime.ts";
import type { AttachmentInput, MessageInput } from "../../message/input.ts";
import type { OutgoingMail } from "../../outgoing.ts";

export const SENDER = "sender@contract.example";
export const FRIEND = "friend@contract.example";
export const OTHER = "other@contract.example";
export const HIDDEN = "hidden@contract.example";
export const BUSY = "busy@contract.example";
export const UNKNOWN = "unknown@contract.example";

export function build(message: MessageInput = {}): Promise<OutgoingMail> {
  return buildMime({ from: `Sender <${SENDER}>`, to: FRIEND, subject: "Contract", text: "Hello", ...message });
}

export function attachment(content: AsyncIterable<Uint8Array>): AttachmentInput {
  return { filename: "streamed.bin", content };
}

/** Enough to fill every buffer on the way, in chunks that fit no line; `then` happens in front of the last. */
export async function* chunksUntil(then: () => void): AsyncGenerator<Uint8Array> {
  for (let chunk = 0; chunk < 20; chunk++) yield new Uint8Array(10_007).fill(chunk);
  then();
  yield new Uint8Array([0x2e, 0x0d, 0x0a]);
}

export function allBytes(): Uint8Array {
  return Uint8Array.from({ length: 512 }, (_, index) => index % 256);
}

export function decode(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
