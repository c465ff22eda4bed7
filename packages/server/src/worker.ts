import { edgeTransport } from "@edgepost/transport-edge";
import { createServer, type MailServer } from "./app.ts";
import { readEnvironment } from "./environment.ts";

/** Variables and secrets of the Worker, the `EDGEPOST_…` ones of the Node entry. */
type Bindings = Readonly<Record<string, unknown>>;

let server: MailServer | undefined;

/**
 * The endpoint as a Worker: `main` of a `wrangler.jsonc`, with `EDGEPOST_API_KEY` and `EDGEPOST_CONNECTIONS` as secrets.
 * A setting that is wrong fails every request, and the Worker's log names it.
 */
export default {
  fetch(request: Request, bindings: Bindings): Response | Promise<Response> {
    server ??= start(bindings);
    return server.fetch(request);
  },
};

function start(bindings: Bindings): MailServer {
  const { apiKey, connections } = readEnvironment(bindings);
  return createServer({
    transport: edgeTransport,
    keys: [{ name: "environment", token: apiKey }],
    connections,
    log: (entry) => console.log(JSON.stringify(entry)),
  });
}
