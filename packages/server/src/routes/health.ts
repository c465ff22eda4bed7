import { Hono } from "hono";
import type { RequestContext, Services } from "../context.ts";
import { RequestProblem } from "../problem.ts";

/** `/healthz`: the process runs. `/readyz`: it takes requests. Neither needs a key, neither tells anything else. */
export function healthRoutes({ gate }: Services): Hono<RequestContext> {
  return new Hono<RequestContext>()
    .get("/healthz", (c) => c.json({ status: "ok" }))
    .get("/readyz", (c) => {
      if (!gate.isOpen) throw new RequestProblem("unavailable", "The server is closing.");
      return c.json({ status: "ready" });
    });
}
