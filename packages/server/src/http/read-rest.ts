import type { MiddlewareHandler } from "hono";

/** Longer than a client needs that goes on writing, shorter than one that only wants to hold a connection. */
const MAX_WAIT_MS = 30_000;

/**
 * Reads what nobody wanted of a body before it is answered: a client that is still writing would find its connection
 * reset, and never read why it was refused. Twice what a body may have at most, and no longer than a while; one that says
 * that it is larger is not waited for.
 */
export function readRest({ maxBodyBytes }: { readonly maxBodyBytes: number }): MiddlewareHandler {
  const most = 2 * maxBodyBytes;
  return async ({ req }, next) => {
    await next();
    const { body, headers } = req.raw;
    if (body === null || body.locked || Number(headers.get("content-length")) > most) return;
    const reader = body.getReader();
    const timer = setTimeout(() => reader.cancel().catch(() => {}), MAX_WAIT_MS);
    try {
      await read(reader, most);
    } catch {
      // The client went away, and nobody is left to be answered.
    } finally {
      clearTimeout(timer);
      reader.releaseLock();
    }
  };
}

async function read(reader: ReadableStreamDefaultReader<Uint8Array>, maxBytes: number): Promise<void> {
  for (let left = maxBytes; left >= 0; ) {
    const { done, value } = await reader.read();
    if (done) return;
    left -= value.length;
  }
  await reader.cancel();
}
