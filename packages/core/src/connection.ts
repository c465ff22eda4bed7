import { parseAuth } from "./connection/auth.ts";
import { parseDefaults } from "./connection/defaults.ts";
import { parseClientName } from "./connection/host.ts";
import { parsePool, parseTimeouts } from "./connection/limits.ts";
import { parseLink } from "./connection/link.ts";
import { parseTls } from "./connection/tls.ts";
import { readConnectionUrl } from "./connection/url.ts";
import type { Issue } from "./errors.ts";
import { inputError } from "./errors.ts";
import type { MessageDefaults } from "./message/input.ts";
import type { TlsSettings } from "./smtp/socket.ts";
import { Fields } from "./util/fields.ts";

/** How TLS begins: by the port, at once, required, if offered, never. See `SmtpConnection.security`. */
export type Security = "auto" | "implicit" | "starttls" | "opportunistic" | "none";

/** Ways to log in, by their SASL names: the first five for a password, the last two for a token. */
export type AuthMethod = "SCRAM-SHA-256" | "SCRAM-SHA-1" | "PLAIN" | "LOGIN" | "CRAM-MD5" | "XOAUTH2" | "OAUTHBEARER";

/** A fresh access token; asked again once when the server answers 535. */
export type AccessToken = string | (() => string | Promise<string>);

/** Credentials: a password, or an OAuth 2 access token. No control characters. */
export type SmtpAuth =
  | {
      /** Mostly the mail address; some services have a word of their own. */
      readonly username: string;
      /** Prepared by SASLprep (RFC 4013) for SCRAM; UTF-8 for the others. */
      readonly password: string;
      /** Narrows the choice. Default: the strongest the server offers. */
      readonly methods?: readonly AuthMethod[] | undefined;
      readonly accessToken?: undefined;
    }
  | {
      /** Mostly the mail address; some services have a word of their own. */
      readonly username: string;
      /** A string, or a function that fetches one when a connection is opened. */
      readonly accessToken: AccessToken;
      /** Narrows the choice. Default: the strongest the server offers. */
      readonly methods?: readonly AuthMethod[] | undefined;
      readonly password?: undefined;
    };

/**
 * TLS settings. What a runtime cannot do is `unsupported`, before connecting; with `security: "none"` there is no TLS.
 */
export interface SmtpTls {
  /** `false` accepts any certificate ("ignore self-signed"). Default: true. */
  readonly rejectUnauthorized?: boolean | undefined;
  /** Default: `host`. */
  readonly serverName?: string | undefined;
  /** PEM certificates to trust instead of the system's. */
  readonly ca?: string | readonly string[] | undefined;
  /** PEM client certificate; needs `key`. */
  readonly cert?: string | undefined;
  /** PEM private key; needs `cert`. */
  readonly key?: string | undefined;
  /** Default: `TLSv1.2`. */
  readonly minVersion?: "TLSv1.2" | "TLSv1.3" | undefined;
}

/** All in milliseconds. */
export interface SmtpTimeouts {
  /** Until the socket is open, implicit TLS included. Default: 10 s. */
  readonly connectMs?: number | undefined;
  /** For one complete reply, greeting included. Default: 30 s. */
  readonly replyMs?: number | undefined;
  /** Without any progress while the body is written. Default: 60 s. */
  readonly progressMs?: number | undefined;
  /** For the reply to the final dot (RFC 5321 section 4.5.3.2.6). Default: 10 min. */
  readonly finalMs?: number | undefined;
  /** For one whole send. Default: 15 min. */
  readonly totalMs?: number | undefined;
}

/** How connections are shared by messages. On Workers it counts per request. */
export interface SmtpPool {
  /** Sockets open at once. Default: 5. */
  readonly maxConnections?: number | undefined;
  /** Messages over one connection before it is replaced. Default: 100. */
  readonly maxMessages?: number | undefined;
  /** How long an unused connection is kept. Default: 30 s. */
  readonly idleMs?: number | undefined;
  /** At most `messages` per `perMs` over the whole pool. Default: none. */
  readonly rate?: { readonly messages: number; readonly perMs: number } | undefined;
}

/** How to reach your SMTP server, as an object; `parseConnection` also takes `smtp://user:pass@host:587`. */
export interface SmtpConnection {
  /** Name, IPv4 or IPv6 literal. An internationalised name goes to its A-label. */
  readonly host: string;
  /** Default: 587; 465 when `security` is `implicit`. 25 needs `allowPort25`. */
  readonly port?: number | undefined;
  /** Lets `port` be 25, for servers that take submissions there. Default: false. */
  readonly allowPort25?: boolean | undefined;
  /** Default: `auto`: implicit TLS on 465, STARTTLS required elsewhere. */
  readonly security?: Security | undefined;
  /** What is checked of the server's certificate, and shown of ours. Default: verify, TLS 1.2 or newer. */
  readonly tls?: SmtpTls | undefined;
  /** Default: none, no login. */
  readonly auth?: SmtpAuth | undefined;
  /** Lets credentials leave over a link without TLS. Default: false. */
  readonly allowClearText?: boolean | undefined;
  /** The name in EHLO. Default: the host's name where the runtime knows it, else `[127.0.0.1]`. */
  readonly clientName?: string | undefined;
  /** For fields that neither the message nor the mailer gives. Default: none. */
  readonly defaults?: MessageDefaults | undefined;
  /** Deadlines in milliseconds, each with its own default. */
  readonly timeouts?: SmtpTimeouts | undefined;
  /** How many connections, for how many messages, how fast; each with its own default. */
  readonly pool?: SmtpPool | undefined;
}

/** A connection after the door: every default filled in, `security` resolved, nothing in conflict. */
export interface ParsedConnection {
  /** A-label or address, without brackets. */
  readonly host: string;
  /** 25 only where it was allowed. */
  readonly port: number;
  /** `auto` resolved by the port. */
  readonly security: Exclude<Security, "auto">;
  /** With both defaults filled in. */
  readonly tls: TlsSettings;
  /** Left out when there are no credentials. */
  readonly auth?: SmtpAuth;
  /** Credentials may leave without TLS. */
  readonly allowClearText: boolean;
  /** The name in EHLO, a domain or an address literal; left out for the transport's own. */
  readonly clientName?: string;
  /** Checked, and empty when there are none. */
  readonly defaults: MessageDefaults;
  /** In milliseconds. */
  readonly timeouts: { readonly [K in keyof SmtpTimeouts]-?: number };
  /** With its defaults filled in; `rate` where there is one. */
  readonly pool: {
    readonly maxConnections: number;
    readonly maxMessages: number;
    readonly idleMs: number;
    readonly rate?: { readonly messages: number; readonly perMs: number };
  };
}

/** Where words of other libraries went. */
const ELSEWHERE = {
  hostname: '"host"',
  server: '"host"',
  service: '"host"',
  user: '"auth.username"',
  username: '"auth.username"',
  pass: '"auth.password"',
  password: '"auth.password"',
  credentials: '"auth"',
  authType: '"auth.methods"',
  secure: 'security: "implicit"',
  startTls: 'security: "starttls"',
  requireTLS: 'security: "starttls"',
  ignoreTLS: 'security: "none"',
  opportunisticTLS: 'security: "opportunistic"',
  rejectUnauthorized: '"tls.rejectUnauthorized"',
  name: '"clientName"',
  from: '"defaults.from"',
  connectionTimeout: '"timeouts.connectMs"',
  greetingTimeout: '"timeouts.replyMs"',
  socketTimeout: '"timeouts.progressMs"',
  maxConnections: '"pool.maxConnections"',
  maxMessages: '"pool.maxMessages"',
};

/**
 * Checks a connection and fills in its defaults. Takes the object form, or a URL: `smtp://user:pass@host:587` (STARTTLS
 * required, or implicit TLS on 465), `smtps://host` (implicit TLS, 465). User and password are percent-encoded; the
 * query may hold `security`, `clientName`, `allowClearText`, `allowPort25`, `serverName`, `rejectUnauthorized`,
 * `minVersion`, the timeouts and `maxConnections`, `maxMessages`, `idleMs`.
 *
 * @throws MailError `invalid-connection` with every issue, each with its path. No secret is quoted.
 *
 * @example
 * parseConnection("smtp://ada:s%23cret@mail.acme.com?security=starttls").port; // 587
 */
export function parseConnection(input: SmtpConnection | string | URL): ParsedConnection {
  const issues: Issue[] = [];
  const isUrl = typeof input === "string" || input instanceof URL;
  const connection = parseFields(isUrl ? readConnectionUrl(String(input), issues) : input, issues);
  if (issues.length > 0) throw inputError("invalid-connection", issues);
  return connection;
}

function parseFields(input: unknown, issues: Issue[]): ParsedConnection {
  const fields = new Fields<SmtpConnection>(input, "", issues);
  const { host, port, security } = parseLink(fields);
  const tls = parseTls(fields.section("tls"), security);
  const auth = fields.has("auth") ? parseAuth(fields.section("auth")) : undefined;
  const allowClearText = fields.flag("allowClearText", false);
  // "opportunistic" is decided by what the server offers: credentials without TLS are then `auth-insecure`.
  if (fields.has("auth") && !allowClearText && security === "none") {
    fields.refuse("auth", 'would leave in clear text with security "none": use "auto", or set allowClearText');
  }
  const clientName = parseOwnName(fields);
  const defaults = parseDefaults(fields.section("defaults"), issues);
  const timeouts = parseTimeouts(fields.section("timeouts"));
  const pool = parsePool(fields.section("pool"));
  fields.refuseOthers(ELSEWHERE);
  return {
    host,
    port,
    security,
    tls,
    ...(auth !== undefined && { auth }),
    allowClearText,
    ...(clientName !== undefined && { clientName }),
    defaults,
    timeouts,
    pool,
  };
}

function parseOwnName(fields: Fields<SmtpConnection>): string | undefined {
  const value = fields.text("clientName");
  if (value === undefined) return undefined;
  const parsed = parseClientName(value);
  if ("clientName" in parsed) return parsed.clientName;
  fields.refuse("clientName", parsed.fault);
  return undefined;
}
