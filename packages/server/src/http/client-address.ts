import type { Context } from "hono";

/** What the Node server of Hono hands on beside a request. */
interface NodeBindings {
  readonly incoming?: { readonly socket?: { readonly remoteAddress?: string } };
}

/**
 * The address a request comes from; empty where nobody knows. On Workers the platform writes this header itself.
 * `X-Forwarded-For` is whatever its sender likes: behind a proxy this is the proxy.
 */
export function clientAddress(c: Context): string {
  const { incoming } = (c.env ?? {}) as NodeBindings;
  if (incoming !== undefined) return incoming.socket?.remoteAddress ?? "";
  return c.req.header("cf-connecting-ip") ?? "";
}
