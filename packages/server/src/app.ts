import { Hono } from "hono";
import { methodNotAllowed } from "hono/method-not-allowed";
import { createKeyring } from "./authorize.ts";
import { createConnections } from "./connections.ts";
import type { RequestContext, Services } from "./context.ts";
import { createGate } from "./gate.ts";
import { randomBytes } from "./ids.ts";
import { authenticate, identify } from "./middleware.ts";
import { DEFAULT_LIMITS, type ServerOptions } from "./options.ts";
import { problemResponse, RequestProblem } from "./problem.ts";
import { healthRoutes } from "./routes/health.ts";
import { messageRoutes } from "./routes/messages.ts";

/** A Hono app, to serve, mount or call with `app.request(…)`, and a way to end it. */
export interface MailServer extends Hono<RequestContext> {
  /** Refuses new requests with 503, lets what is being sent finish, and closes every connection to a mail server. */
  close(): Promise<void>;
}

/**
 * The endpoint as a Hono app: JSON in, JSON or RFC 9457 problem details out.
 *
 * @throws MailError `invalid-connection` for a configured connection that cannot be used, TypeError for a weak API key.
 *
 * @example
 * const server = createServer({
 *   transport: nodeTransport,
 *   keys: [{ name: "billing", token: process.env.API_KEY }],
 *   connections: { default: "smtp://user:pass@mail.acme.com" },
 * });
 * serve({ fetch: server.fetch, port: 8025 });
 */
export function createServer(options: ServerOptions): MailServer {
  const services: Services = {
    keyring: createKeyring(options.keys),
    connections: createConnections(options),
    limits: { ...DEFAULT_LIMITS, ...options.limits },
    log: options.log ?? (() => {}),
    clock: options.clock ?? (() => new Date()),
    random: options.random ?? randomBytes,
    gate: createGate(),
  };

  const app = new Hono<RequestContext>();
  app.use(identify(services));
  app.use(methodNotAllowed({ app, onMethodNotAllowed: (c, methods) => wrongMethod(methods, c.get("requestId")) }));
  app.use("/v1/*", authenticate(services));
  app.route("/", healthRoutes(services));
  app.route("/v1/messages", messageRoutes(services));
  app.notFound((c) => problemResponse(new RequestProblem("not-found", "No route has this path."), c.get("requestId")));
  app.onError((error, c) => problemResponse(error, c.get("requestId")));

  return Object.assign(app, {
    async close(): Promise<void> {
      await services.gate.close();
      await services.connections.close();
    },
  });
}

function wrongMethod(methods: readonly string[], requestId: string): Response {
  const allow = methods.join(", ");
  const problem = new RequestProblem("method-not-allowed", `This path takes ${allow}.`, { headers: { allow } });
  return problemResponse(problem, requestId);
}
