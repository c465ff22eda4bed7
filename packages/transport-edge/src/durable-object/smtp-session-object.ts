import { buildMime, MailError, type OutgoingMail, type SmtpConnection, type Transport } from "@edgepost/core";
// The package's own door, by its conditions: Cloudflare's sockets in a Worker, Node's where one develops.
import { edgeTransport } from "@edgepost/transport-edge";
import { answerError, answerWith } from "./answer.ts";
import { type Call, readCall, type SendCall } from "./call.ts";
import { type SmtpSessionNamespace, sessionTransport } from "./session-transport.ts";

/** Messages an object has in hand at once, waiting ones included: it has 128 MB, and each may hold up to 1 MiB. */
const MAX_UNDER_WAY = 64;

/** Larger messages are passed on as they arrive; smaller ones are kept, so that a dead session can be replaced. */
const MAX_KEPT_BYTES = 1_048_576;

/**
 * A Durable Object that owns the sessions of one connection, warm over requests: who sends one message per request saves
 * connecting, TLS and authentication each time. Messages queue for the connection's `pool`.
 *
 * Settings and credentials come with each call and live in memory only, never in storage. A call whose settings differ
 * in anything, a changed password too, gets a fresh session: nobody sends over what another one authenticated.
 *
 * @example
 * import { SmtpSessionObject } from "@edgepost/transport-edge/durable-object";
 * export { SmtpSessionObject }; // bound as SMTP_SESSION in wrangler.jsonc
 * const mailer = createMailer({ transport: SmtpSessionObject.transport(env.SMTP_SESSION, { host: "smtp.acme.com" }) });
 */
export class SmtpSessionObject {
  #current: { readonly settings: string; readonly transport: Transport } | undefined;
  readonly #underWay = new Map<string, AbortController>();

  /**
   * The transport a Worker uses: it hands each message to the object of this connection, named by user, host and port.
   *
   * Once a message was handed over and the object does not answer, the outcome is `delivery-unknown`.
   * @throws MailError `invalid-connection` at once; while sending what `edgeTransport` throws, and `rate-limited` when
   * more than 64 messages wait.
   */
  static transport(namespace: SmtpSessionNamespace, connection: SmtpConnection | string): Transport {
    return sessionTransport(namespace, connection);
  }

  /** For `SmtpSessionObject.transport` alone, which knows what to ask. */
  async fetch(request: Request): Promise<Response> {
    const call = await readCall(request);
    try {
      return Response.json(answerWith(await this.#perform(call)));
    } catch (error) {
      return Response.json(answerError(error));
    }
  }

  async #perform(call: Call): Promise<unknown> {
    if (call.action === "abort") return this.#underWay.get(call.id)?.abort(new Error("Aborted by the caller."));
    if (this.#underWay.size >= MAX_UNDER_WAY) {
      const message = `${MAX_UNDER_WAY} messages already wait for this connection.`;
      throw new MailError("rate-limited", message, { phase: "connect", retryable: true });
    }
    const controller = new AbortController();
    this.#underWay.set(call.id, controller);
    try {
      const transport = this.#transportFor(call.connection);
      const options = { signal: controller.signal, recipients: call.recipients };
      return call.action === "send"
        ? await transport.send(await mailOf(call), options)
        : await transport.verify?.(options);
    } finally {
      this.#underWay.delete(call.id);
    }
  }

  #transportFor(connection: SmtpConnection): Transport {
    const settings = JSON.stringify(connection);
    if (this.#current?.settings !== settings) {
      // The old session ends by itself when its last message is through.
      void this.#current?.transport.close?.();
      this.#current = { settings, transport: edgeTransport(connection) };
    }
    return this.#current.transport;
  }
}

/** The finished bytes as mail again; only what the SMTP dialogue asks for comes beside them. */
async function mailOf({
  size,
  body,
  envelope,
  messageId,
  dsn,
  requireTls,
  needsSmtpUtf8,
}: SendCall): Promise<OutgoingMail> {
  const keep = size !== undefined && size <= MAX_KEPT_BYTES;
  const raw = keep ? new Uint8Array(await new Response(body).arrayBuffer()) : body;
  const mail = await buildMime({ raw, envelope, dsn, requireTls });
  return { ...mail, messageId, message: { ...mail.message, needsSmtpUtf8 } };
}
