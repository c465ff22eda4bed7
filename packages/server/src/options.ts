import type { SmtpConnection, Transport } from "@edgepost/core";
import type { DiskSpace } from "./alerts/watch.ts";
import type { ConfiguredConnection } from "./connections/configured-connection.ts";
import type { HostPolicyOptions } from "./connections/host-policy.ts";
import type { SendQueue } from "./connections/send-queue.ts";
import type { LogEntry } from "./http/log.ts";
import type { RateLimit } from "./http/rate-limit.ts";
import type { BodyLimits } from "./http/read-json.ts";
import type { ApiKeyConfig } from "./keys/keyring.ts";
import type { QueueEngine } from "./queue/engine.ts";
import type { QueueLimits } from "./queue/limits.ts";
import type { Store } from "./store/store.ts";
import type { Telemetry } from "./telemetry.ts";

/** Everything a server is made of. What depends on a runtime is passed in. */
export interface ServerOptions {
  /** Opens the way to a mail server: `nodeTransport`, `edgeTransport`, or your own. */
  readonly transport: (connection: SmtpConnection | string) => Transport;
  /** Who may ask, beside the keys in the store. Default: none. */
  readonly keys?: readonly ApiKeyConfig[] | undefined;
  /**
   * Mail servers of your own by the name a request calls them, as URLs, or as objects that may have a `delivery`:
   * `{ maxAgeMs, dailyQuota, keepTranscripts, suppressRefused }`. They may be anywhere. Default: none.
   */
  readonly connections?: Readonly<Record<string, ConfiguredConnection>> | undefined;
  /**
   * Lets messages wait for a busy connection before they are begun, so that few are `unknown` when the process dies:
   * `createSendQueue()` where one process serves many requests, nothing on Workers. Default: they wait in the transport.
   */
  readonly queue?: SendQueue | undefined;
  /**
   * Delivers messages that wait: `embeddedQueue()` in a process of its own. With it, `Prefer: respond-async` and `sendAt`
   * are heard. Default: none, and every request waits for the mail server.
   */
  readonly outbox?: QueueEngine | undefined;
  /** Retries, ages and bounds of messages that wait. Each has its default. */
  readonly outboxLimits?: Partial<QueueLimits> | undefined;
  /** Where keys, connections and the log are kept. Default: in memory, until the process ends. */
  readonly store?: Store | undefined;
  /**
   * What stored secrets are sealed with: 32 octets in base64 each (`openssl rand -base64 32`). The first seals, all of
   * them open. Required with a `store`; without one, made for this process.
   */
  readonly encryptionKeys?: readonly string[] | undefined;
  /** Which mail servers callers may name. Default: public addresses, ports 465, 587 and 2525. */
  readonly hosts?: HostPolicyOptions | undefined;
  /**
   * Fetches `url` attachments, for keys with the scope `attachments:url`. It must connect to public addresses only, after
   * redirects too. Default: the runtime's `fetch`, with each name looked up and checked before.
   */
  readonly fetch?: typeof fetch | undefined;
  /** How webhooks are told of events. */
  readonly webhooks?: WebhookOptions | undefined;
  /** Who is told when something is wrong. */
  readonly alerts?: AlertOptions | undefined;
  /** Each has its own default. */
  readonly limits?: Partial<ServerLimits> | undefined;
  /** Requests each API key may make. Default: any number. */
  readonly rateLimit?: RateLimit | undefined;
  /** Web pages that may call this server from a browser, as origins: `https://app.acme.com`. Default: none. */
  readonly corsOrigins?: readonly string[] | undefined;
  /** Keeps the message itself in the log. Default: false. */
  readonly keepContent?: boolean | undefined;
  /**
   * Keeps the dialogue of each attempt in the log, without credentials and content, at most 100 lines; the `delivery` of a
   * connection may say otherwise. Default: false.
   */
  readonly keepTranscripts?: boolean | undefined;
  /**
   * Makes each attempt a span of OpenTelemetry: `{ tracer: trace.getTracer("edgepost") }` of `@opentelemetry/api`. It names the
   * mail server, the id of the message and the outcome; no address, no subject. Default: none.
   */
  readonly telemetry?: Telemetry | undefined;
  /** How long the log of messages is kept. Default: 30 days. */
  readonly retentionMs?: number | undefined;
  /** Serves the console at `/console`: pages for people, who sign in with an API key. Default: false. */
  readonly console?: boolean | undefined;
  /** A page that shows what has arrived, for trying things out: the console leads to it. Default: none. */
  readonly inboxUrl?: string | undefined;
  /** Receives one entry per request; nothing secret is ever in it. Default: nobody. */
  readonly log?: ((entry: LogEntry) => void) | undefined;
  /** Default: the system clock. */
  readonly clock?: (() => Date) | undefined;
  /** Random octets for ids, tokens, Message-IDs and boundaries. Default: `crypto.getRandomValues`. */
  readonly random?: ((bytes: number) => Uint8Array) | undefined;
}

/** How webhooks are told of events. */
export interface WebhookOptions {
  /**
   * Must connect to public hosts only, and to those in `allow`. Default: the runtime's `fetch`, with each name looked up and
   * checked before.
   */
  readonly fetch?: typeof fetch | undefined;
  /** Private hosts they may lead to, over http too: host names, addresses, blocks (`10.1.0.0/16`). Default: none. */
  readonly allow?: readonly string[] | undefined;
}

/** Who is told when something is wrong, and what is looked at beside the store. */
export interface AlertOptions {
  /** Addresses that get a mail, over the system connection. Default: none, and only webhooks are told. */
  readonly to?: readonly string[] | undefined;
  /** How much room there is on the disk of the store, in octets. Default: nobody asks. */
  readonly disk?: (() => Promise<DiskSpace>) | undefined;
}

/** How much one request may ask for. */
export interface ServerLimits extends BodyLimits {
  /** Attachments of one message. */
  readonly maxAttachments: number;
  /** Octets of one message as it is sent. Most servers refuse more than this. */
  readonly maxMessageBytes: number;
}

export const DEFAULT_LIMITS: ServerLimits = {
  // 25 MiB of attachments in base64, and room for the rest.
  maxBodyBytes: 35 * 1024 * 1024,
  maxJsonDepth: 64,
  maxAttachments: 50,
  maxMessageBytes: 25 * 1024 * 1024,
};

export const DEFAULT_RETENTION_MS = 30 * 24 * 60 * 60 * 1000;
