import type { SmtpConnection, Transport } from "@edgepost/core";
import { createSmtpTransport, type SmtpTransportOptions } from "@edgepost/core/smtp";
import { perRequest } from "./request-scope.ts";
import { connectCloudflare } from "./sockets/connect-cloudflare.ts";

/**
 * Sends from Cloudflare Workers through your own SMTP server, by the same engine as on every other runtime.
 *
 * It may be made once in module scope or anew in each request: on Workers a socket lives and dies with the request, queue
 * batch or Durable Object that opened it, so each has a pool of its own, and `pool` and `rate` count per request. Sessions
 * stay warm from message to message while the request lives; `close()` at its end says goodbye to the server, else the
 * platform cuts the connection. To keep a session over requests see `SmtpSessionObject`.
 *
 * Under Node, Deno and Bun, and so in development servers, the same import connects with Node's sockets.
 *
 * @throws MailError `invalid-connection` at once. While sending, `unsupported` for what Workers cannot do: port 25, `ca`,
 * `cert`, `rejectUnauthorized: false`, a `serverName` that is not the host, `minVersion` above TLS 1.2.
 *
 * @example
 * const mailer = createMailer({ transport: edgeTransport({ host: "smtp.acme.com", auth: { username, password } }) });
 */
export function edgeTransport(connection: SmtpConnection | string, options: SmtpTransportOptions = {}): Transport {
  return perRequest(() => createSmtpTransport(connectCloudflare, connection, { name: "edge", ...options }));
}
