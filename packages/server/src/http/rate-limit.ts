import type { MiddlewareHandler } from "hono";
import type { RequestContext } from "../context.ts";
import { RequestProblem } from "./problem.ts";
import { countInWindows } from "./windows.ts";

/** So many requests in so much time, for each API key. */
export interface RateLimit {
  readonly requests: number;
  readonly perMs: number;
}

/**
 * Counts the requests of each API key, in windows of fixed length, and says in `RateLimit` headers what is left
 * (draft-ietf-httpapi-ratelimit-headers). Each process, and each isolate at the edge, counts for itself.
 */
export function limitRate({ requests, perMs }: RateLimit, clock: () => Date): MiddlewareHandler<RequestContext> {
  const count = countInWindows(perMs, clock);
  const policy = `"default";q=${requests};w=${seconds(perMs)}`;

  return async (c, next) => {
    const { total, endsInMs } = count(c.get("key").id);
    const remaining = Math.max(0, requests - total);
    const reset = seconds(endsInMs);
    const headers = { "ratelimit-policy": policy, ratelimit: `"default";r=${remaining};t=${reset}` };
    if (total > requests) {
      throw new RequestProblem("rate-limited", `This API key may make ${requests} requests in ${seconds(perMs)} s.`, {
        headers: { ...headers, "retry-after": String(reset) },
      });
    }
    await next();
    for (const [name, value] of Object.entries(headers)) c.res.headers.set(name, value);
  };
}

function seconds(milliseconds: number): number {
  return Math.ceil(milliseconds / 1000);
}
