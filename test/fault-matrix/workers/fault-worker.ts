import { edgeTransport } from "@edgepost/transport-edge";
import { carryOut, type Order } from "../sender.ts";

/** How long a connection is left idle between two messages: until then the server has done to it what it will. */
const IDLE_MS = 300;

/** Rejections nobody waited for, since the Worker started. */
const unhandled: string[] = [];
addEventListener("unhandledrejection", ({ reason }) => unhandled.push(String(reason)));

/** A Worker that carries out one order for each request. */
export default {
  async fetch(request: Request): Promise<Response> {
    if (new URL(request.url).pathname === "/unhandled") return Response.json(unhandled);
    const order: Order = await request.json();
    const report = await carryOut(order, {
      create: (connection, trace) => edgeTransport(connection, { trace }),
      between: () => new Promise((resolve) => setTimeout(resolve, IDLE_MS)),
    });
    return Response.json(report);
  },
};
