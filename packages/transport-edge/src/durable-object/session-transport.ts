import {
  isMailError,
  MailError,
  type OutgoingMail,
  parseConnection,
  type Receipt,
  type SendOptions,
  type SmtpConnection,
  type Transport,
  type Verification,
} from "@edgepost/core";
import { settleWithin, untilAborted } from "../settle.ts";
import { type Answer, readAnswer } from "./answer.ts";
import { type AbortCall, type Head, requestOf } from "./call.ts";

/** The binding of the Durable Object's class, as `env` has it. */
export interface SmtpSessionNamespace {
  /** As the platform's binding has it. */
  idFromName(name: string): unknown;
  /** As the platform's binding has it. */
  get(id: unknown): { fetch(request: Request): Promise<Response> };
}

type SmtpSessionStub = ReturnType<SmtpSessionNamespace["get"]>;

const NAME = "durable-object";

/** What a send may take beyond the connection's own `totalMs`: the way to the object and back. */
const TRAVEL_MS = 10_000;

/** How long an object that was told to give up may take to say how far it had come. */
const ABORT_MS = 2_000;

const UNANSWERED = "The Durable Object that holds the SMTP session did not answer.";

export function sessionTransport(namespace: SmtpSessionNamespace, given: SmtpConnection | string): Transport {
  const { defaults, timeouts, tls, ...parsed } = parseConnection(given);
  // The object checks it once more: settings of TLS have no place where there is none.
  const connection: SmtpConnection = {
    ...parsed,
    ...(parsed.security !== "none" && { tls }),
    timeouts,
    allowPort25: parsed.port === 25,
  };
  const name = `${parsed.auth?.username ?? ""}@${parsed.host}:${parsed.port}`;

  async function send(mail: OutgoingMail, options: SendOptions): Promise<Receipt> {
    const { message, envelope, messageId } = mail;
    const bytes = mail.streamed ? undefined : await mail.bytes();
    const head = {
      action: "send",
      id: crypto.randomUUID(),
      connection: await withToken(connection),
      recipients: options.recipients,
      envelope,
      messageId,
      dsn: message.dsn,
      requireTls: message.requireTls,
      needsSmtpUtf8: message.needsSmtpUtf8,
      size: bytes?.length,
    } as const;
    const body = bytes === undefined ? mail.stream() : new Blob([new Uint8Array(bytes)]).stream();
    const receipt = (await call(head, body, options.signal)) as Receipt;
    return { ...receipt, transport: NAME };
  }

  async function verify({ signal }: SendOptions): Promise<Verification> {
    const head = { action: "verify", id: crypto.randomUUID(), connection: await withToken(connection) } as const;
    return (await call(head, undefined, signal)) as Verification;
  }

  async function call(
    head: Exclude<Head, AbortCall>,
    body: ReadableStream<Uint8Array> | undefined,
    signal: AbortSignal | undefined,
  ): Promise<unknown> {
    if (signal?.aborted) {
      throw new MailError("aborted", "The send was aborted before it began.", { phase: "input", cause: signal.reason });
    }
    const limit = AbortSignal.timeout(timeouts.totalMs + TRAVEL_MS);
    // One stub for the call and its abort: what goes over the same one arrives in the order it was sent.
    const object = namespace.get(namespace.idFromName(name));
    const answering = ask(object, requestOf(head, body));
    let answer: Answer | undefined;
    let cause: unknown;
    try {
      answer = await untilAborted(answering, signal === undefined ? limit : AbortSignal.any([signal, limit]));
    } catch (error) {
      cause = error;
      // The object alone knows how far it had come: it is told to give up, and its answer says.
      answer = await settleWithin(
        ABORT_MS,
        giveUp(object, head.id, answering).catch(() => undefined),
      );
    }
    if (answer !== undefined) return readAnswer(answer);
    throw head.action === "send"
      ? new MailError("delivery-unknown", UNANSWERED, { phase: "body", retryable: false, cause })
      : new MailError("connection-lost", UNANSWERED, { phase: "connect", retryable: true, cause });
  }

  return {
    name: NAME,
    defaults,
    send: (mail, options = {}) => onceMoreWithFreshToken(mail, () => send(mail, options)),
    verify: (options = {}) => verify(options),
  };

  /** A token the server refused may have run out since the function gave it; it is asked once more. */
  async function onceMoreWithFreshToken(mail: OutgoingMail, attempt: () => Promise<Receipt>): Promise<Receipt> {
    try {
      return await attempt();
    } catch (error) {
      const again = typeof connection.auth?.accessToken === "function" && !mail.once;
      if (again && isMailError(error) && error.code === "auth-failed") return attempt();
      throw error;
    }
  }
}

async function giveUp(object: SmtpSessionStub, id: string, answering: Promise<Answer>): Promise<Answer> {
  await ask(object, requestOf({ action: "abort", id }));
  return answering;
}

async function ask(object: SmtpSessionStub, request: Request): Promise<Answer> {
  const response = await object.fetch(request);
  return response.json();
}

/** A function does not travel: its token does. */
async function withToken(connection: SmtpConnection): Promise<SmtpConnection> {
  const { auth } = connection;
  if (typeof auth?.accessToken !== "function") return connection;
  return { ...connection, auth: { ...auth, accessToken: await auth.accessToken() } };
}
