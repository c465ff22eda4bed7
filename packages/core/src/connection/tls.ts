import type { ParsedConnection, SmtpTls } from "../connection.ts";
import type { TlsSettings } from "../smtp/socket.ts";
import type { Fields } from "../util/fields.ts";
import { parseHost } from "./host.ts";

const ELSEWHERE = {
  servername: '"serverName"',
  caCert: '"ca"',
  rejectUnauthorised: '"rejectUnauthorized"',
  minTlsVersion: '"minVersion"',
};

/** Whoever sets one of these counts on TLS. That certificates are not checked asks for nothing. */
const NEEDS_TLS = ["serverName", "ca", "cert", "key", "minVersion"] as const;

/** What a runtime cannot do with these is refused by its `Connect`, not here. */
export function parseTls(fields: Fields<SmtpTls>, security: ParsedConnection["security"]): TlsSettings {
  const rejectUnauthorized = fields.flag("rejectUnauthorized", true);
  const minVersion = fields.choice("minVersion", ["TLSv1.2", "TLSv1.3"], "TLSv1.2");
  const serverName = parseServerName(fields);
  const ca = parseAuthorities(fields);
  const cert = parsePem(fields, "cert", fields.raw("cert"), "CERTIFICATE");
  const key = parsePem(fields, "key", fields.raw("key"), "PRIVATE KEY");
  if (fields.has("cert") && !fields.has("key")) fields.refuse("key", "is missing: a client certificate needs its key");
  if (fields.has("key") && !fields.has("cert")) fields.refuse("cert", "is missing: a client key needs its certificate");
  if (security === "none") {
    for (const name of NEEDS_TLS.filter((field) => fields.has(field)))
      fields.refuse(name, 'needs TLS, which security "none" does without');
  }
  fields.refuseOthers(ELSEWHERE);
  return {
    rejectUnauthorized,
    minVersion,
    ...(serverName !== undefined && { serverName }),
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
  };
}

function parseServerName(fields: Fields<SmtpTls>): string | undefined {
  const value = fields.text("serverName");
  if (value === undefined) return undefined;
  const parsed = parseHost(value);
  if ("host" in parsed && parsed.kind === "name") return parsed.host;
  fields.refuse("serverName", "host" in parsed ? "must be a name: SNI has no addresses (RFC 6066)" : parsed.fault);
  return undefined;
}

function parseAuthorities(fields: Fields<SmtpTls>): string | readonly string[] | undefined {
  const value = fields.raw("ca");
  if (!Array.isArray(value)) return parsePem(fields, "ca", value, "CERTIFICATE");
  if (value.length === 0)
    fields.refuse("ca", "is an empty list, which would trust nobody; leave it out for the system's");
  return value.flatMap((one) => parsePem(fields, "ca", one ?? null, "CERTIFICATE") ?? []);
}

function parsePem(
  fields: Fields<SmtpTls>,
  name: "ca" | "cert" | "key",
  value: unknown,
  label: string,
): string | undefined {
  if (value === undefined) return undefined;
  const fault = pemFault(value, label);
  if (fault === undefined) return value as string;
  fields.refuse(name, fault);
  return undefined;
}

function pemFault(value: unknown, label: string): string | undefined {
  if (typeof value !== "string") return "must be PEM as a string; decode a file's bytes as UTF-8";
  if (!value.includes(`${label}-----`))
    return `must be the PEM text itself, with its -----BEGIN ${label}----- line, not a file name`;
  if (!value.includes("\n")) return "must have its line breaks; a secret store may have turned them into \\n";
  if (value.includes("ENCRYPTED")) return "is encrypted; give the key without its passphrase";
  return undefined;
}
