import { parseConnection, type SmtpConnection, type Transport, type Verification } from "@edgepost/core";
import { createPool } from "@edgepost/core/smtp";
import { createFileReader, type FilesOption } from "./files/files.ts";
import { openSession, type SessionSettings } from "./nodemailer/open-session.ts";
import { Stages } from "./nodemailer/stages.ts";
import { OpenSockets } from "./sockets/open-sockets.ts";
import { chooseRoute, type NodeSocketOptions } from "./sockets/route.ts";

/** What `nodeTransport` can be told beside the connection. */
export interface NodeTransportOptions extends NodeSocketOptions {
  /**
   * Lets messages attach local files by `path`: `true` any file this process can read, a string only files below that
   * folder, wherever symbolic links lead. Default: none. Never set it for messages that strangers write.
   */
  readonly files?: FilesOption | undefined;
  /** Told each line of the dialogue, `C: …` and `S: …`, secrets and messages left out. */
  readonly trace?: ((line: string) => void) | undefined;
}

/**
 * Sends from Node by nodemailer's SMTP connection, under edgepost's pool.
 *
 * nodemailer gets finished bytes and bare addresses, and is watched: STARTTLS is never skipped, credentials never leave
 * in clear text unless the connection says so, every reply has a deadline, and a reply that was not asked for ends the
 * connection. Authenticates by PLAIN, LOGIN, CRAM-MD5, XOAUTH2 and OAUTHBEARER; `nativeTransport` also by SCRAM.
 *
 * @param connection An object, or `smtp://user:password@host:587` or `smtps://…`.
 * @throws MailError `invalid-connection` with all issues.
 *
 * @example
 * const mailer = createMailer({ transport: nodeTransport("smtp://user:password@smtp.acme.com") });
 * await mailer.send({ from: "a@acme.com", to: "ada@example.com", subject: "Hello", text: "…" });
 * await mailer.close();
 */
export function nodeTransport(connection: SmtpConnection | string, options: NodeTransportOptions = {}): Transport {
  const parsed = parseConnection(connection);
  const sockets = new OpenSockets();
  const settings: SessionSettings = {
    connection: parsed,
    route: sockets.watch(chooseRoute(options)),
    trace: options.trace,
    transport: "node",
  };
  const { pool: limits, timeouts, defaults } = parsed;
  const pool = createPool({
    open: ({ signal, onLeaving, trace }) => openSession({ ...settings, onLeaving, watcher: trace }, signal),
    limits,
    totalMs: timeouts.totalMs,
  });
  return sockets.serve({
    name: settings.transport,
    defaults,
    tellsFinal: true,
    ...(options.files !== undefined && { attachments: { openPath: createFileReader(options.files) } }),
    send: pool.send,
    async verify({ signal } = {}) {
      pool.refuseWhenClosed();
      return verify(settings, signal);
    },
    close: pool.close,
  });
}

/** A connection of its own, opened as for a message and closed again. Resolves in any case. */
async function verify(settings: SessionSettings, signal: AbortSignal | undefined): Promise<Verification> {
  const stages = new Stages();
  try {
    const session = await openSession(settings, signal, stages);
    void session.quit();
    return stages.verification(session.capabilities);
  } catch {
    // Each stage has its own error.
    return stages.verification();
  }
}
