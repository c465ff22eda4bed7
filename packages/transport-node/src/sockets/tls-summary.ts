import type { PeerCertificate, TLSSocket } from "node:tls";
import type { CertificateSummary, TlsSummary } from "@edgepost/core";

/** What the handshake came to, for `verify` to show. How much a server may say here is limited by OpenSSL: 100 KiB. */
export function summarizeTls(socket: TLSSocket): TlsSummary {
  const protocol = socket.getProtocol();
  const certificate = summarizeCertificate(socket.getPeerCertificate());
  return { ...(protocol !== null && { protocol }), ...(certificate !== undefined && { certificate }) };
}

/** Node answers `{}` where there is no certificate, other runtimes nothing at all, whatever the type says. */
function summarizeCertificate(certificate: Partial<PeerCertificate> | undefined): CertificateSummary | undefined {
  const { subject, issuer, valid_from: from, valid_to: to, subjectaltname = "" } = certificate ?? {};
  if (from === undefined || to === undefined) return undefined;
  return {
    subject: formatName(subject),
    issuer: formatName(issuer),
    validFrom: new Date(from).toISOString(),
    validTo: new Date(to).toISOString(),
    names: readNames(subjectaltname),
  };
}

/** The names a certificate of Node's is good for; none, if it is no certificate. */
export function namesOf(certificate: unknown): readonly string[] {
  const { subjectaltname = "" } = (certificate ?? {}) as { readonly subjectaltname?: unknown };
  return typeof subjectaltname === "string" ? readNames(subjectaltname) : [];
}

/** An attribute that comes several times is a list. */
function formatName(name: Readonly<Record<string, unknown>> = {}): string {
  return Object.entries(name)
    .flatMap(([attribute, value]) => [value].flat().map((one) => `${attribute}=${one}`))
    .join(", ");
}

/** `DNS:mail.acme.com, IP Address:192.0.2.7`; a value with a comma in it is quoted as in JSON (CVE-2021-44532). */
const ALTERNATIVE_NAME = /([^:]+):("(?:[^"\\]|\\.)*"|[^,]*)(?:, )?/gy;

function readNames(alternativeNames: string): string[] {
  return [...alternativeNames.matchAll(ALTERNATIVE_NAME)].flatMap(([, kind, name = ""]) =>
    kind === "DNS" || kind === "IP Address" ? [name] : [],
  );
}
