import type { ServerOptions } from "../options.ts";
import { type Backlog, createBacklog } from "./backlog.ts";
import { type Courier, type CourierServices, createCourier } from "./courier.ts";
import type { QueueEngine } from "./engine.ts";
import { DEFAULT_QUEUE_LIMITS, type QueueLimits } from "./limits.ts";

/** Everything messages that wait need. */
export interface Queue {
  readonly engine: QueueEngine;
  readonly courier: Courier;
  readonly backlog: Backlog;
  readonly limits: QueueLimits;
}

export function createQueue(
  services: CourierServices,
  { outbox: engine, outboxLimits }: Pick<ServerOptions, "outbox" | "outboxLimits">,
): Queue | undefined {
  if (engine === undefined) return undefined;
  const limits = { ...DEFAULT_QUEUE_LIMITS, ...outboxLimits };
  const courier = createCourier(services, limits);
  return { engine, courier, limits, backlog: createBacklog(services.store.outbox, limits.maxWaiting, services.clock) };
}
