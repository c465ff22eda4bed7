import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import type { SmtpConnection } from "@edgepost/core";
import { type ParsedMail, simpleParser } from "mailparser";
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from "smtp-server";
import { makeCertificate } from "./certificate.ts";

/** A real SMTP server on loopback that delivers nowhere and keeps everything, for trying things out. */
export interface Inbox {
  /** How to send to it, as a connection any mailer takes. STARTTLS and a login are required. */
  readonly connection: SmtpConnection & {
    readonly port: number;
    readonly auth: { readonly username: string; readonly password: string };
  };
  readonly mails: readonly InboxMail[];
  /** Resolves with the next mail to arrive. */
  next(): Promise<InboxMail>;
  close(): Promise<void>;
}

export interface InboxMail {
  readonly number: number;
  readonly arrived: Date;
  readonly envelope: { readonly from: string; readonly to: readonly string[] };
  /** How it came: `TLSv1.3`, and who logged in. */
  readonly session: { readonly tls: string; readonly username: string };
  readonly raw: Buffer;
  /** As an independent parser reads it. */
  readonly parsed: ParsedMail;
}

/** Mails kept; the oldest make room. */
const MAX_MAILS = 100;
const CLOSE_MS = 500;
const MAX_MESSAGE_BYTES = 50 * 1024 * 1024;

export async function openInbox(onMail: (mail: InboxMail) => void = () => {}): Promise<Inbox> {
  const identity = await makeCertificate();
  const login = { username: "inbox", password: crypto.randomUUID() };
  const mails: InboxMail[] = [];
  const waiting: ((mail: InboxMail) => void)[] = [];
  let count = 0;

  async function receive(stream: SMTPServerDataStream, session: SMTPServerSession): Promise<void> {
    const raw = await buffer(stream);
    const mail = { number: ++count, arrived: new Date(), ...describe(session), raw, parsed: await simpleParser(raw) };
    mails.push(mail);
    if (mails.length > MAX_MAILS) mails.shift();
    onMail(mail);
    for (const resolve of waiting.splice(0)) resolve(mail);
  }

  const server = new SMTPServer({
    ...identity,
    size: MAX_MESSAGE_BYTES,
    authOptional: false,
    allowInsecureAuth: false,
    disableReverseLookup: true,
    // Who keeps a connection for the next message would hold up Ctrl-C for half a minute.
    closeTimeout: CLOSE_MS,
    onAuth({ username, password }, _session, callback) {
      if (username === login.username && password === login.password) callback(null, { user: username });
      else callback(new Error("Wrong user name or password"));
    },
    onData(stream, session, callback) {
      receive(stream, session).then(() => callback(null), callback);
    },
  });
  // A client that goes away in the middle of something is its own problem.
  server.on("error", () => {});
  server.listen(0, "127.0.0.1");
  await once(server.server, "listening");
  const { port } = server.server.address() as AddressInfo;

  return {
    connection: { host: "127.0.0.1", port, auth: login, tls: { ca: identity.cert, serverName: "localhost" } },
    mails,
    next: () => new Promise((resolve) => waiting.push(resolve)),
    close: () => new Promise((resolve) => server.close(resolve)),
  };
}

function describe(session: SMTPServerSession): Pick<InboxMail, "envelope" | "session"> {
  const { mailFrom, rcptTo } = session.envelope;
  // The package sets what the handshake agreed on; its types still show the options it was asked with.
  const tls: unknown = session.tlsOptions;
  return {
    envelope: { from: mailFrom === false ? "" : mailFrom.address, to: rcptTo.map(({ address }) => address) },
    session: { tls: isCipher(tls) ? tls.version : "none", username: String(session.user) },
  };
}

function isCipher(tls: unknown): tls is { version: string } {
  return typeof tls === "object" && tls !== null && "version" in tls && typeof tls.version === "string";
}
