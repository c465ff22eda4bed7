import type { SmtpConnection, Transport } from "@edgepost/core";
import { createSmtpTransport, type SmtpLimits } from "@edgepost/core/smtp";
import { createFileReader, type FilesOption } from "./files/files.ts";
import { createConnect } from "./sockets/connect-node.ts";
import { defaultClientName } from "./sockets/host-name.ts";
import { OpenSockets } from "./sockets/open-sockets.ts";
import { chooseRoute, type NodeSocketOptions } from "./sockets/route.ts";

/** What `nativeTransport` can be told beside the connection. */
export interface NativeTransportOptions extends NodeSocketOptions {
  /** As for `nodeTransport`: `true` any file this process can read, a string only files below that folder. Default: none. */
  readonly files?: FilesOption | undefined;
  /** Told each line of the dialogue, `C: …` and `S: …`, credentials and messages left out. */
  readonly trace?: ((line: string) => void) | undefined;
  /** What a server may send and a transaction may hold. Each has its default. */
  readonly limits?: Partial<SmtpLimits> | undefined;
}

/**
 * Sends from Node, Deno and Bun by edgepost's own SMTP engine: the fewest round trips a server allows (PIPELINING,
 * CHUNKING), SCRAM, and the same behaviour to the byte as at the edge.
 *
 * Idle connections do not keep the process alive; messages under way do.
 *
 * @param connection An object, or `smtp://user:password@host:587` or `smtps://…`.
 * @throws MailError `invalid-connection` with all issues.
 *
 * @example
 * const mailer = createMailer({ transport: nativeTransport("smtp://user:password@smtp.acme.com") });
 * await mailer.send({ from: "a@acme.com", to: "ada@example.com", subject: "Hello", text: "…" });
 * await mailer.close();
 */
export function nativeTransport(connection: SmtpConnection | string, options: NativeTransportOptions = {}): Transport {
  const { files, trace, limits } = options;
  const sockets = new OpenSockets();
  const connect = createConnect(sockets.watch(chooseRoute(options)));
  const smtp = createSmtpTransport(connect, connection, {
    name: "native",
    clientName: defaultClientName(),
    trace,
    limits,
  });
  const attachments = files === undefined ? {} : { attachments: { openPath: createFileReader(files) } };
  return sockets.serve({ ...smtp, ...attachments });
}
