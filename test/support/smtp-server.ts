import type { AddressInfo } from "node:net";
import { setTimeout as nextTurn } from "node:timers/promises";
import type { SMTPServerAddress, SMTPServerAuthentication, SMTPServerOptions, SMTPServerSession } from "smtp-server";
import { SMTPServer } from "smtp-server";
import { type TestIdentity, testCertificates } from "./tls.ts";

/** A real SMTP server (the `smtp-server` package) on loopback, on a port the system chose, that keeps what it receives. */
export interface TestSmtpServer extends AsyncDisposable {
  readonly host: "127.0.0.1";
  readonly port: number;
  readonly received: readonly ReceivedMail[];
  /** Every login that was tried, whether it was let in or not. */
  readonly logins: readonly TestLogin[];
  /** Connections since the start. */
  readonly connections: number;
  /** Connections open now. */
  readonly open: number;
  /** Resolves with everything received once it is at least `count` messages. */
  waitFor(count: number): Promise<readonly ReceivedMail[]>;
  /** Drops every open connection without a word. */
  dropConnections(): void;
  close(): Promise<void>;
}

export interface ReceivedMail {
  /** Bare addresses as MAIL and RCPT had them. */
  readonly envelope: { readonly from: string; readonly to: readonly string[] };
  /** ESMTP parameters, keys upper case; a keyword without value is `true`. */
  readonly mailParameters: Readonly<Record<string, string | true>>;
  /** Same order as `envelope.to`. */
  readonly recipientParameters: readonly Readonly<Record<string, string | true>>[];
  readonly raw: Uint8Array;
  /** `raw` as Latin-1, so that every octet is one character. */
  readonly text: string;
  readonly secure: boolean;
  readonly tlsProtocol: string | undefined;
  /** The name the client asked for with SNI. */
  readonly serverName: string | undefined;
  /** The EHLO name. */
  readonly clientName: string;
  readonly username: string | undefined;
}

export interface TestLogin {
  readonly method: string;
  readonly username: string;
  /** Password or access token, as far as the method shows it. */
  readonly secret: string | undefined;
}

/** What to say to an address: 4yz and 5yz refuse. */
export interface Refusal {
  readonly code: number;
  readonly text?: string;
}

export interface TestSmtpServerOptions {
  /** Default: `starttls`, offered and not demanded. */
  readonly security?: "implicit" | "starttls" | "none";
  /** Default: the valid one for loopback. */
  readonly identity?: TestIdentity;
  /** Demands a client certificate of this authority. */
  readonly clientCa?: string;
  /** Who may log in, by password (or token with XOAUTH2). Without it AUTH is not offered. */
  readonly users?: Readonly<Record<string, string>>;
  /** Default: PLAIN, LOGIN, CRAM-MD5, XOAUTH2. */
  readonly authMethods?: readonly string[];
  /** Default: false, as real servers do: no AUTH before TLS (where TLS is offered). */
  readonly allowInsecureAuth?: boolean;
  readonly size?: number;
  /** Answers by envelope address. */
  readonly refuseSender?: Readonly<Record<string, Refusal>>;
  readonly refuseRecipient?: Readonly<Record<string, Refusal>>;
  /** Answers every message's final dot. */
  readonly refuseMessage?: Refusal;
  /** Called before each answer to MAIL, RCPT and the final dot; the answer waits for it. */
  readonly beforeReply?: (command: "MAIL" | "RCPT" | "DATA", address: string) => Promise<void> | void;
  /** Anything else of the `smtp-server` package: `hidePIPELINING`, `hideSMTPUTF8`, `hideDSN`… */
  readonly server?: SMTPServerOptions;
}

export async function startSmtpServer(options: TestSmtpServerOptions = {}): Promise<TestSmtpServer> {
  const { security = "starttls", users } = options;
  const identity = options.identity ?? (await testCertificates()).server;
  const received: ReceivedMail[] = [];
  const logins: TestLogin[] = [];
  const waiting = new Set<() => void>();
  let connections = 0;

  const server = new SMTPServer({
    name: "mail.test",
    secure: security === "implicit",
    key: identity.key,
    cert: identity.cert,
    ...(options.clientCa === undefined ? {} : { ca: options.clientCa, requestCert: true, rejectUnauthorized: true }),
    disabledCommands: [...(security === "starttls" ? [] : ["STARTTLS"]), ...(users ? [] : ["AUTH"])],
    authMethods: [...(options.authMethods ?? ["PLAIN", "LOGIN", "CRAM-MD5", "XOAUTH2"])],
    authOptional: true,
    allowInsecureAuth: options.allowInsecureAuth ?? false,
    disableReverseLookup: true,
    closeTimeout: 1,
    hideDSN: false,
    hideREQUIRETLS: false,
    hideENHANCEDSTATUSCODES: false,
    ...(options.size === undefined ? {} : { size: options.size, rejectOversized: true }),
    onConnect(_session, callback) {
      connections += 1;
      callback();
    },
    onAuth(auth, _session, callback) {
      const { username = "" } = auth;
      logins.push({ method: auth.method, username, secret: auth.password ?? auth.accessToken });
      if (isLetIn(auth, users?.[username])) callback(null, { user: username });
      else if (auth.method === "XOAUTH2") callback(null, { data: { status: "401", schemes: "bearer", scope: "mail" } });
      else callback(refusal({ code: 535, text: "Username and password not accepted" }));
    },
    onMailFrom: async ({ address }, _session, callback) => {
      await options.beforeReply?.("MAIL", address);
      callback(refusal(options.refuseSender?.[address]));
    },
    onRcptTo: async ({ address }, _session, callback) => {
      await options.beforeReply?.("RCPT", address);
      callback(refusal(options.refuseRecipient?.[address]));
    },
    onData: async (stream, session, callback) => {
      const chunks: Uint8Array[] = [];
      try {
        for await (const chunk of stream) chunks.push(chunk);
      } catch {
        return; // the client left in the middle of its message
      }
      await options.beforeReply?.("DATA", "");
      if (!options.refuseMessage && !stream.sizeExceeded) {
        received.push(describe(session, Buffer.concat(chunks)));
        for (const check of waiting) check();
      }
      callback(refusal(options.refuseMessage));
    },
    ...options.server,
  });

  // Clients that leave in the middle are what many tests are about; the server reports each as an error.
  server.on("error", () => {});
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.server.address() as AddressInfo;

  const waitFor = (count: number): Promise<readonly ReceivedMail[]> =>
    new Promise((resolve) => {
      const check = (): void => {
        if (received.length < count) return;
        waiting.delete(check);
        resolve(received);
      };
      waiting.add(check);
      check();
    });
  const dropConnections = (): void => {
    for (const connection of server.connections) connection._socket.destroy();
  };
  const close = async (): Promise<void> => {
    await untilHandshakesEnd(server);
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      dropConnections();
    });
  };

  return {
    host: "127.0.0.1",
    port,
    received,
    logins,
    get connections() {
      return connections;
    },
    get open() {
      return server.connections.size;
    },
    waitFor,
    dropConnections,
    close,
    [Symbol.asyncDispose]: close,
  };
}

/**
 * Node 26 crashes when a server destroys a TLS socket whose client has left before its handshake. Those that left are
 * gone after a few turns.
 */
async function untilHandshakesEnd(server: SMTPServer): Promise<void> {
  for (let turn = 0; turn < 50 && server._pendingSockets.size > 0; turn++) await nextTurn(1);
}

function isLetIn(auth: SMTPServerAuthentication, secret: string | undefined): boolean {
  if (secret === undefined) return false;
  if (auth.method === "CRAM-MD5") return auth.validatePassword(secret);
  return (auth.password ?? auth.accessToken) === secret;
}

function refusal(wanted: Refusal | undefined): Error | null {
  return wanted ? Object.assign(new Error(wanted.text ?? "Refused by the test"), { responseCode: wanted.code }) : null;
}

function describe(session: SMTPServerSession, raw: Uint8Array): ReceivedMail {
  const { mailFrom, rcptTo } = session.envelope;
  return {
    envelope: { from: mailFrom ? mailFrom.address : "", to: rcptTo.map(({ address }) => address) },
    mailParameters: mailFrom ? parameters(mailFrom) : {},
    recipientParameters: rcptTo.map(parameters),
    raw,
    text: Buffer.from(raw).toString("latin1"),
    secure: session.secure,
    tlsProtocol: session.tlsOptions ? session.tlsOptions.version : undefined,
    serverName: session.servername || undefined,
    clientName: session.hostNameAppearsAs,
    username: session.user,
  };
}

function parameters({ args }: SMTPServerAddress): Record<string, string | true> {
  return args || {};
}
