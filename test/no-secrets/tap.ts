import type { Readable } from "node:stream";

/** Shows each chunk as it arrives, before anybody reads it: neither the flow nor the pauses of the stream change. */
export function tapReadable(stream: Readable, see: (chunk: Uint8Array) => void): void {
  const push = stream.push;
  stream.push = (chunk: unknown, encoding) => {
    if (chunk instanceof Uint8Array) see(chunk);
    return Reflect.apply(push, stream, [chunk, encoding]);
  };
}
