import { Hono } from "hono";
import type { RequestContext, Services } from "../context.ts";
import { RequestProblem } from "../http/problem.ts";

/** `/healthz`: the process runs. `/readyz`: it takes requests. Neither needs a key, neither tells anything else. */
export function healthRoutes({ gate, store }: Services): Hono<RequestContext> {
  return new Hono<RequestContext>()
    .get("/healthz", (c) => c.json({ status: "ok" }))
    .get("/readyz", async (c) => {
      if (!gate.isOpen) throw new RequestProblem("unavailable", "The server is closing.");
      await store.check().catch(() => {
        throw new RequestProblem("unavailable", "The store does not answer.");
      });
      return c.json({ status: "ready" });
    });
}
