import { MailError } from "@edgepost/core";
import { namesOf } from "./tls-summary.ts";

/** What to do about the failures people meet. Keys are the `code` of Node's errors. */
const CONNECT_HINTS: Readonly<Record<string, string>> = {
  ENOTFOUND: "there is no such name: check `host`",
  EAI_AGAIN: "its name could not be looked up just now",
  ECONNREFUSED: "nothing listens there: check `host` and `port`, and that the server runs",
  ECONNRESET: "the connection was closed at once",
  ETIMEDOUT: "it did not answer: a firewall may block this port",
  EHOSTUNREACH: "there is no way to this host",
  ENETUNREACH: "there is no way to this network",
  ENOENT: "there is no such socket",
  EACCES: "it may not be opened by this user",
};

const UNTRUSTED =
  "the certificate is signed by nobody this machine trusts: give its authority in `tls.ca`, or accept any certificate " +
  "with `tls.rejectUnauthorized: false`";
const NOT_TLS = 'the server did not answer with TLS: with STARTTLS (mostly port 587) set `security` to "starttls"';
const OLD_PROTOCOL = "the server has no TLS version this connection allows: see `tls.minVersion`";
const WANTS_CLIENT = "the server did not take the client's certificate: see `tls.cert` and `tls.key`";

const TLS_HINTS: Readonly<Record<string, string>> = {
  ERR_TLS_CERT_ALTNAME_INVALID: "the certificate is for another name: check `host`, or set `tls.serverName`",
  CERT_HAS_EXPIRED: "the certificate has expired",
  CERT_NOT_YET_VALID: "the certificate is not valid yet: check this machine's clock",
  DEPTH_ZERO_SELF_SIGNED_CERT: UNTRUSTED,
  SELF_SIGNED_CERT_IN_CHAIN: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNTRUSTED,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNTRUSTED,
  ERR_SSL_WRONG_VERSION_NUMBER: NOT_TLS,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: NOT_TLS,
  ERR_SSL_UNSUPPORTED_PROTOCOL: OLD_PROTOCOL,
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: OLD_PROTOCOL,
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: WANTS_CLIENT,
  ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE: WANTS_CLIENT,
  ECONNRESET: "the server closed the connection in the handshake",
};

/** Nothing was sent yet, so it may always be tried again. `name` is what was dialled. */
export function connectFailed(error: unknown, name: string): MailError {
  const why = explain(error, CONNECT_HINTS);
  return new MailError("connect-failed", `Could not connect to ${name}: ${why}.`, {
    phase: "connect",
    retryable: true,
    cause: error,
  });
}

export function tlsFailed(error: unknown, host: string): MailError {
  const why = `${explain(error, TLS_HINTS)}${tellNames(error)}`;
  return new MailError("tls-failed", `No TLS with ${host}: ${why}.`, { phase: "tls", cause: error });
}

/** Enough to see which name to use. They are the server's own words, and certificates of large sites have hundreds. */
const MAX_NAMES = 3;
const MAX_NAME_LENGTH = 255;

/** Of a certificate that is for other names, which: Node hands it on with its error. */
function tellNames(error: unknown): string {
  if (errorCode(error) !== "ERR_TLS_CERT_ALTNAME_INVALID") return "";
  const names = namesOf((error as { readonly cert?: unknown }).cert).map((name) => name.slice(0, MAX_NAME_LENGTH));
  if (names.length === 0) return "";
  return `; it is for ${names.slice(0, MAX_NAMES).join(", ")}${names.length > MAX_NAMES ? " and others" : ""}`;
}

/** The code Node gave an error: `ECONNREFUSED`, `CERT_HAS_EXPIRED`. */
export function errorCode(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}

function explain(error: unknown, hints: Readonly<Record<string, string>>): string {
  const code = errorCode(error);
  if (code === undefined) return error instanceof Error ? error.message : "the connection was closed";
  const hint = hints[code];
  return hint === undefined ? code : `${hint} (${code})`;
}
