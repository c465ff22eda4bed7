import type { MessageDefaults } from "./message/input.ts";
import type { TlsSettings } from "./smtp/socket.ts";

export type Security = "auto" | "implicit" | "starttls" | "opportunistic" | "none";

export type AuthMethod = "SCRAM-SHA-256" | "SCRAM-SHA-1" | "PLAIN" | "LOGIN" | "CRAM-MD5" | "XOAUTH2" | "OAUTHBEARER";

/** A fresh access token; asked again once when the server answers 535. */
export type AccessToken = string | (() => string | Promise<string>);

export type SmtpAuth =
  | {
      readonly username: string;
      readonly password: string;
      /** Narrows the choice. Default: the strongest the server offers. */
      readonly methods?: readonly AuthMethod[] | undefined;
      readonly accessToken?: undefined;
    }
  | {
      readonly username: string;
      readonly accessToken: AccessToken;
      readonly methods?: readonly AuthMethod[] | undefined;
      readonly password?: undefined;
    };

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
  readonly allowPort25?: boolean | undefined;
  /** Default: `auto`: implicit TLS on 465, STARTTLS required elsewhere. */
  readonly security?: Security | undefined;
  readonly tls?: SmtpTls | undefined;
  readonly auth?: SmtpAuth | undefined;
  /** Lets credentials leave over a link without TLS. Default: false. */
  readonly allowClearText?: boolean | undefined;
  /** The name in EHLO. Default: the host's name where the runtime knows it, else `[127.0.0.1]`. */
  readonly clientName?: string | undefined;
  readonly defaults?: MessageDefaults | undefined;
  readonly timeouts?: SmtpTimeouts | undefined;
  readonly pool?: SmtpPool | undefined;
}

/** A connection after the door: every default filled in, `security` resolved, nothing in conflict. */
export interface ParsedConnection {
  readonly host: string;
  readonly port: number;
  readonly security: Exclude<Security, "auto">;
  readonly tls: TlsSettings;
  readonly auth?: SmtpAuth;
  readonly allowClearText: boolean;
  readonly clientName?: string;
  readonly defaults: MessageDefaults;
  readonly timeouts: { readonly [K in keyof SmtpTimeouts]-?: number };
  readonly pool: {
    readonly maxConnections: number;
    readonly maxMessages: number;
    readonly idleMs: number;
    readonly rate?: { readonly messages: number; readonly perMs: number };
  };
}
