import { type Issue, MailError } from "@edgepost/core";
import type { ConnectTarget } from "@edgepost/core/smtp";

/**
 * What was asked for and Workers cannot do is an error before connecting, never ignored.
 * @throws MailError `unsupported` with every issue.
 */
export function refuseUnsupported({ host, port, secure, tls }: ConnectTarget): void {
  const issues: Issue[] = [];
  const refuse = (path: string, message: string) => issues.push({ path, message });

  if (port === 25) refuse("port", "Workers block port 25: use the submission ports, 587 or 465.");
  if (secure !== "none") {
    if (!tls.rejectUnauthorized) refuse("tls.rejectUnauthorized", "Workers check every certificate.");
    if (tls.ca !== undefined) refuse("tls.ca", "Workers trust public authorities only.");
    if (tls.cert !== undefined || tls.key !== undefined) refuse("tls.cert", "Workers have no client certificates.");
    if (tls.minVersion !== "TLSv1.2") refuse("tls.minVersion", "Workers cannot ask for more than TLS 1.2.");
    if (tls.serverName !== undefined && tls.serverName !== host)
      refuse("tls.serverName", `Workers check the certificate for the host they connect to, "${host}".`);
  }
  if (issues.length > 0) {
    const lines = issues.map(({ path, message }) => `${path}: ${message}`);
    throw new MailError("unsupported", lines.join(" "), { phase: "connect", issues });
  }
}
