import type { UrlPolicy } from "@edgepost/core";
import { Hono, type MiddlewareHandler } from "hono";
import { cors } from "hono/cors";
import { methodNotAllowed } from "hono/method-not-allowed";
import { createAlerts } from "./alerts/alerts.ts";
import { mailAlert } from "./alerts/mail.ts";
import { createConnectionBook } from "./connections/connection-book.ts";
import { createConnections } from "./connections/connections.ts";
import { createHostPolicy } from "./connections/host-policy.ts";
import { CONSOLE_PATH, consoleRoutes } from "./console/console.ts";
import type { RequestContext, Services } from "./context.ts";
import { createGate } from "./http/gate.ts";
import { authenticate, identify, viewerOf } from "./http/middleware.ts";
import { problemResponse, RequestProblem, type Viewer } from "./http/problem.ts";
import { limitRate } from "./http/rate-limit.ts";
import { readRest } from "./http/read-rest.ts";
import { createIdSource, randomBytes } from "./ids.ts";
import { createKeyring } from "./keys/keyring.ts";
import { createMaintenance, type Maintenance } from "./maintenance.ts";
import { createMetrics } from "./metrics/metrics.ts";
import { DEFAULT_LIMITS, type ServerOptions } from "./options.ts";
import type { Delivered } from "./queue/courier.ts";
import { createQueue } from "./queue/queue.ts";
import { alertRoutes } from "./routes/alerts.ts";
import { connectionRoutes } from "./routes/connections.ts";
import { connectorRoutes } from "./routes/connectors.ts";
import { docsRoutes } from "./routes/docs.ts";
import { eventRoutes } from "./routes/events.ts";
import { healthRoutes } from "./routes/health.ts";
import { keyRoutes } from "./routes/keys.ts";
import { messageRoutes } from "./routes/messages.ts";
import { metricRoutes } from "./routes/metrics.ts";
import { providerRoutes } from "./routes/providers.ts";
import { suppressionRoutes } from "./routes/suppressions.ts";
import { webhookRoutes } from "./routes/webhooks.ts";
import { createSecretBox, generateKey } from "./secrets.ts";
import type { AlertRecord } from "./store/alert-record.ts";
import { memoryStore } from "./store/memory.ts";
import { createSuppressions } from "./suppressions/suppressions.ts";
import { createWebhooks } from "./webhooks/webhooks.ts";

/** A Hono app, to serve, mount or call with `app.request(…)`, and what its host has to do beside serving it. */
export interface MailServer extends Hono<RequestContext>, Maintenance {
  /** Begins to deliver messages that wait, after `recover` where that is called. Nothing without an `outbox`. */
  start(): void;
  /**
   * Looks whether somebody should know of something, tells webhooks what is new and due, and resolves when that is done. To be
   * called every second, or now and then.
   */
  notify(): Promise<void>;
  /** Delivers those of these messages that are due: for an engine that is brought ids from outside, as a Worker is. */
  deliver(ids: readonly string[]): Promise<readonly Delivered[]>;
  /** Refuses new requests with 503, lets what is being sent finish, and closes every connection to a mail server. */
  close(): Promise<void>;
}

/**
 * The endpoint as a Hono app: JSON in, JSON or RFC 9457 problem details out.
 *
 * @throws MailError `invalid-connection` for a configured connection that cannot be used, TypeError for a weak API key or
 *   a store without encryption keys.
 *
 * @example
 * const server = createServer({
 *   transport: nodeTransport,
 *   keys: [{ name: "billing", token: key }],
 *   connections: { default: "smtp://user:pass@mail.acme.com" },
 * });
 * serve({ fetch: server.fetch, port: 8025 });
 */
export function createServer(options: ServerOptions): MailServer {
  const services = createServices(options);

  const app = new Hono<RequestContext>();
  app.use(identify(services));
  app.use(readRest(services.limits));
  app.use(methodNotAllowed({ app, onMethodNotAllowed: (c, methods) => wrongMethod(methods, viewerOf(c)) }));
  if (options.corsOrigins !== undefined) app.use(allowOrigins(options.corsOrigins));
  app.use("/v1/*", authenticate(services));
  app.use("/metrics", authenticate(services));
  const rate = options.rateLimit && limitRate(options.rateLimit, services.clock);
  if (rate !== undefined) app.use("/v1/*", rate);
  app.route("/", healthRoutes(services));
  app.route("/", docsRoutes());
  app.route("/metrics", metricRoutes(services));
  app.route("/v1/messages", messageRoutes(services));
  app.route("/v1/events", eventRoutes(services));
  app.route("/v1/connections", connectionRoutes(services));
  app.route("/v1/connectors", connectorRoutes(services));
  app.route("/v1/providers", providerRoutes());
  app.route("/v1/suppressions", suppressionRoutes(services));
  app.route("/v1/webhooks", webhookRoutes(services));
  app.route("/v1/alerts", alertRoutes(services));
  app.route("/v1/keys", keyRoutes(services));
  if (options.console === true) app.route(CONSOLE_PATH, consoleRoutes(services, { ...options, rate }));
  app.notFound((c) => problemResponse(new RequestProblem("not-found", "No route has this path."), viewerOf(c)));
  app.onError((error, c) => problemResponse(error, viewerOf(c)));

  return Object.assign(app, createMaintenance(services, options.retentionMs), {
    start(): void {
      if (services.queue !== undefined) services.queue.engine.start(services.queue.courier);
    },
    async notify() {
      await services.alerts.look();
      await services.webhooks.notify();
    },
    deliver: async (ids: readonly string[]) => (await services.queue?.courier.deliver(ids)) ?? [],
    async close(): Promise<void> {
      await Promise.all([services.gate.close(), services.queue?.engine.close(), services.webhooks.close()]);
      await services.connections.close();
      await services.store.close();
    },
  });
}

function createServices(options: ServerOptions): Services {
  const { transport, keys = [], connections: configured = {}, store = memoryStore(), encryptionKeys, hosts } = options;
  if (options.store !== undefined && encryptionKeys === undefined) {
    throw new TypeError("A store needs `encryptionKeys`: what it keeps must be readable after a restart.");
  }
  const { clock = () => new Date(), random = randomBytes } = options;
  const secretBox = createSecretBox(encryptionKeys ?? [generateKey()]);
  const hostPolicy = createHostPolicy(hosts);
  const reserved = new Set(Object.keys(configured));
  const newId = createIdSource(random);
  const metrics = createMetrics();
  const { webhooks } = options;
  const book = createConnectionBook({ store, secretBox, hostPolicy, reserved, clock });
  const shared = {
    store,
    secretBox,
    keyring: createKeyring({ configured: keys, store, secretBox, clock, random }),
    book,
    connections: createConnections({ transport, configured, book, store, hostPolicy, queue: options.queue, clock }),
    suppressions: createSuppressions({ store, clock, newId }),
    webhooks: createWebhooks({ store, secretBox, metrics, clock, random, newId, webhooks, hosts }),
    metrics,
    gate: createGate(),
    limits: { ...DEFAULT_LIMITS, ...options.limits },
    keepContent: options.keepContent ?? false,
    keepTranscripts: options.keepTranscripts ?? false,
    telemetry: options.telemetry,
    buildOptions: { clock, random, attachments: { url: urlPolicy(options) } },
    log: options.log ?? (() => {}),
    clock,
    newId,
  };
  const { to = [], disk } = options.alerts ?? {};
  const mail = (alert: AlertRecord) => mailAlert(services, to, alert);
  const alerts = createAlerts({ store, clock, newId, disk, mail: to.length > 0 ? mail : undefined });
  const services: Services = { ...shared, alerts, queue: createQueue(shared, options) };
  return services;
}

/** `undefined` where nobody can say where a name leads: then `url` attachments are refused. */
function urlPolicy({ hosts, fetch, limits }: ServerOptions): UrlPolicy | undefined {
  const resolve = hosts?.resolve;
  if (resolve === undefined) return undefined;
  const maxBytes = limits?.maxMessageBytes ?? DEFAULT_LIMITS.maxMessageBytes;
  return { fetch, maxBytes, resolve };
}

/** For browsers (the Fetch standard). Credentials are not among them: a key is sent by the page, never by the browser. */
function allowOrigins(origins: readonly string[]): MiddlewareHandler {
  return cors({
    origin: [...origins],
    allowMethods: ["GET", "POST", "PATCH", "DELETE"],
    allowHeaders: ["authorization", "content-type", "idempotency-key", "prefer"],
    exposeHeaders: [
      "idempotency-replayed",
      "location",
      "preference-applied",
      "ratelimit",
      "ratelimit-policy",
      "retry-after",
      "x-request-id",
    ],
    maxAge: 600,
  });
}

function wrongMethod(methods: readonly string[], viewer: Viewer): Response {
  const allow = methods.join(", ");
  const problem = new RequestProblem("method-not-allowed", `This path takes ${allow}.`, { headers: { allow } });
  return problemResponse(problem, viewer);
}
