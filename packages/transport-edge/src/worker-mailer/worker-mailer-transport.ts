import { parseConnection, type SmtpConnection, type Transport } from "@edgepost/core";
import { createPool } from "@edgepost/core/smtp";
import { perRequest } from "../request-scope.ts";
import { refuseUnsupportedMail } from "./email-options.ts";
import { openSession } from "./session.ts";

/**
 * Sends through the `worker-mailer` package (1.2.1, to be installed beside this one), for who knows it and wants to keep
 * it: its sockets, its dialogue and its MIME builder behind our contract. `edgeTransport` does more in less code.
 *
 * What is wrong in it is kept from happening. Blind copies are never in a header. Nothing goes on in clear text when
 * STARTTLS was asked for and is not offered. A server that closes, stalls, floods or answers too early ends in a typed
 * error within the connection's timeouts. Each recipient has an outcome of its own. Credentials are UTF-8. Bounces are
 * not turned off (it sends `NOTIFY=NEVER` by default), and capabilities of before TLS are forgotten.
 *
 * What arrives differs from other transports by its MIME builder: `multipart/mixed` around `multipart/alternative` also
 * where one part would do, everything quoted-printable or base64, an empty line at the end of each text, and file names
 * outside ASCII as encoded words. Header fields are ours. The whole message is held in memory. DSN comes without ORCPT, a downgrade
 * `orcpt` in the receipt.
 *
 * @throws MailError `invalid-connection` at once; while sending, `unsupported` for what it cannot carry: DKIM signatures,
 * inline images, AMP, calendars, further alternatives, attachments with header fields or of `message/rfc822`, raw
 * messages, streams that can be read once, `requireTls`, access tokens, methods but PLAIN and LOGIN, and the TLS
 * settings Workers do not have.
 *
 * @example
 * const transport = workerMailerTransport({ host: "smtp.acme.com", auth: { username, password } });
 */
export function workerMailerTransport(given: SmtpConnection | string): Transport {
  const connection = parseConnection(given);
  return perRequest(() => {
    const pool = createPool({
      open: ({ signal }) => openSession(connection, signal),
      limits: connection.pool,
      totalMs: connection.timeouts.totalMs,
    });
    return {
      name: "worker-mailer",
      defaults: connection.defaults,
      async send(mail, options) {
        refuseUnsupportedMail(mail);
        return pool.send(mail, options);
      },
      close: pool.close,
    };
  });
}
