import type { BuildOptions } from "@edgepost/core";
import type { Alerts } from "./alerts/alerts.ts";
import type { ConnectionBook } from "./connections/connection-book.ts";
import type { Connections } from "./connections/connections.ts";
import type { Gate } from "./http/gate.ts";
import type { LogEntry } from "./http/log.ts";
import type { Keyring } from "./keys/keyring.ts";
import type { ApiKey } from "./keys/scopes.ts";
import type { Metrics } from "./metrics/metrics.ts";
import type { ServerLimits } from "./options.ts";
import type { Queue } from "./queue/queue.ts";
import type { SecretBox } from "./secrets.ts";
import type { Store } from "./store/store.ts";
import type { Suppressions } from "./suppressions/suppressions.ts";
import type { Telemetry } from "./telemetry.ts";
import type { Webhooks } from "./webhooks/webhooks.ts";

/** What every route works with, made once per server. */
export interface Services {
  readonly store: Store;
  readonly secretBox: SecretBox;
  readonly keyring: Keyring;
  readonly book: ConnectionBook;
  readonly connections: Connections;
  readonly suppressions: Suppressions;
  readonly webhooks: Webhooks;
  readonly alerts: Alerts;
  readonly metrics: Metrics;
  readonly gate: Gate;
  /** Undefined where messages do not wait. */
  readonly queue: Queue | undefined;
  readonly limits: ServerLimits;
  readonly keepContent: boolean;
  /** Of attempts over connections that do not say otherwise. */
  readonly keepTranscripts: boolean;
  /** Undefined where nobody watches. */
  readonly telemetry: Telemetry | undefined;
  readonly buildOptions: BuildOptions;
  readonly log: (entry: LogEntry) => void;
  readonly clock: () => Date;
  /** Ids sort in the order they were made. */
  readonly newId: (now: Date) => string;
}

/** What a request carries from the middleware to its route. */
export interface RequestContext {
  Variables: {
    requestId: string;
    key: ApiKey;
    /** True when the answer is that of an equal request before. */
    replayed: boolean;
  };
}
