import type { ApiKey, Keyring } from "./authorize.ts";
import type { Connections } from "./connections.ts";
import type { Gate } from "./gate.ts";
import type { LogEntry } from "./log.ts";
import type { ServerLimits } from "./options.ts";

/** What every route works with, made once per server. */
export interface Services {
  readonly keyring: Keyring;
  readonly connections: Connections;
  readonly gate: Gate;
  readonly limits: ServerLimits;
  readonly log: (entry: LogEntry) => void;
  readonly clock: () => Date;
  readonly random: (bytes: number) => Uint8Array;
}

/** What a request carries from the middleware to its route. */
export interface RequestContext {
  Variables: {
    requestId: string;
    key: ApiKey;
  };
}
