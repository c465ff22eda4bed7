import type { Readable } from "node:stream";
import type {
  OutgoingMail,
  Receipt,
  RejectedRecipient,
  SendOptions,
  Transport,
  Verification,
  VerificationStageName,
} from "@edgepost/core";
import { MailError } from "@edgepost/core";
import { composeDsn } from "./nodemailer/envelope.ts";
import { translate } from "./nodemailer/errors.ts";
import { type BodyWatch, bodyFromBytes, bodyFromStream } from "./nodemailer/message-body.ts";
import { parseReply } from "./nodemailer/reply-lines.ts";
import { interrupted, type Situation, unreadable } from "./nodemailer/situation.ts";
import { Stages } from "./nodemailer/stages.ts";

/** What is used of a nodemailer transporter, of any version and kind: SMTP, pool, SES, sendmail, stream, JSON, a plugin. */
export interface NodemailerTransporter {
  /** Resolves with nodemailer's `info`, whatever the transporter puts into it. */
  sendMail(message: NodemailerMessage): Promise<unknown>;
  /** Resolves with true when it could log in. */
  verify?(): Promise<unknown>;
  /** Ends a pool. */
  close?(): void;
}

/** What such a transporter is given: nothing it would have to parse. */
export interface NodemailerMessage {
  /** Who the server is told. */
  readonly envelope: { readonly from: NodemailerAddress | ""; readonly to: NodemailerAddress[] };
  /** The finished message. */
  readonly raw: Readable;
  /** As nodemailer has it; left out when none was asked for. */
  readonly dsn?: object;
  /** Understood from nodemailer 10 on. */
  readonly signal?: AbortSignal;
}

/** An address as an object, which nodemailer does not parse. */
export interface NodemailerAddress {
  /** Always empty: names stand in the message. */
  readonly name: string;
  /** `local@domain`. */
  readonly address: string;
}

/**
 * Any nodemailer transporter as a transport: edgepost checks and builds the message, the transporter carries it.
 *
 * The transporter gets bare addresses and finished bytes; its plugins still see them. TLS, credentials and timeouts are
 * as it was set up. A receipt tells what the transporter tells: where it knows of no refusal of single recipients, all
 * count as accepted. What it cannot do — `all-or-none` for several recipients, `requireTls` — is `unsupported`.
 *
 * @example
 * const transporter = nodemailer.createTransport({ SES: { sesClient, SendEmailCommand } });
 * const mailer = createMailer({ transport: fromNodemailer(transporter) });
 */
export function fromNodemailer(transporter: NodemailerTransporter): Transport {
  const underWay = new Set<Promise<unknown>>();
  let closing: Promise<void> | undefined;

  async function send(mail: OutgoingMail, options: SendOptions = {}): Promise<Receipt> {
    refuseWhenClosed();
    const sending = carry(transporter, mail, options);
    underWay.add(sending);
    try {
      return await sending;
    } finally {
      underWay.delete(sending);
    }
  }

  function refuseWhenClosed(): void {
    if (closing !== undefined) throw new MailError("closed", "This transport was closed.", { phase: "input" });
  }

  function close(): Promise<void> {
    // A pool of nodemailer drops what waits in it when it is closed.
    closing ??= Promise.allSettled(underWay).then(() => transporter.close?.());
    return closing;
  }

  async function verify(): Promise<Verification> {
    refuseWhenClosed();
    return ask(transporter);
  }

  return { name: "nodemailer", send, verify, close };
}

async function carry(transporter: NodemailerTransporter, mail: OutgoingMail, options: SendOptions): Promise<Receipt> {
  refuseUnsupported(mail, options);
  let size = 0;
  let isUnknown = false;
  let failure: { readonly cause: unknown } | undefined;
  const situate = (error?: unknown): Situation => ({ ...SOMEWHERE, isUnknown, refused: readRefused(error) });
  const watch: BodyWatch = {
    onPiece() {},
    onEnd(bytes) {
      size = bytes;
      isUnknown = true;
    },
    onFailure(cause) {
      failure = { cause };
      raw.destroy(new Error("The message could not be read to its end."));
    },
  };
  const raw = mail.streamed ? bodyFromStream(mail.stream(), watch) : bodyFromBytes(await mail.bytes(), watch);
  try {
    const sending = transporter.sendMail(compose(mail, raw, options.signal));
    const info = await orAborted(sending, options.signal, situate);
    return { messageId: mail.messageId, ...readInfo(info, mail), size, transport: "nodemailer" };
  } catch (error) {
    throw failure === undefined ? translate(error, situate(error)) : unreadable(failure.cause, situate());
  } finally {
    raw.destroy();
  }
}

/** Of all that goes on inside a transporter nothing is known but that it goes on. */
const SOMEWHERE = { host: "the server", phase: "body", isHandshake: false, trace: [] } as const;

/** Versions before 10 know no signal: they are not waited for. */
function orAborted<Result>(
  sending: Promise<Result>,
  signal: AbortSignal | undefined,
  situate: () => Situation,
): Promise<Result> {
  if (signal === undefined) return sending;
  return new Promise((resolve, reject) => {
    const abort = () => reject(interrupted("aborted", "The send was aborted", situate(), { cause: signal.reason }));
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort);
    sending.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}

function refuseUnsupported({ message, envelope }: OutgoingMail, { recipients }: SendOptions): void {
  const refuse = (what: string): never => {
    throw new MailError("unsupported", `A nodemailer transporter cannot ${what}; nodeTransport can.`, {
      phase: "input",
    });
  };
  if (recipients === "all-or-none" && envelope.to.length > 1) refuse("send to all recipients or to none");
  if (message.requireTls) refuse("tell whether every hop uses TLS");
}

/** Objects, not strings: those nodemailer would parse. */
function compose(
  { envelope, message }: OutgoingMail,
  raw: Readable,
  signal: AbortSignal | undefined,
): NodemailerMessage {
  const toAddress = (address: string): NodemailerAddress => ({ name: "", address });
  const dsn = composeDsn(message.dsn, envelope.to);
  return {
    envelope: { from: envelope.from === "" ? "" : toAddress(envelope.from), to: envelope.to.map(toAddress) },
    raw,
    ...(dsn !== undefined && { dsn }),
    ...(signal !== undefined && { signal }),
  };
}

/** Which fields there are depends on what carried the message. */
function readInfo(
  info: unknown,
  { envelope, message, eightBit }: OutgoingMail,
): Pick<Receipt, "accepted" | "rejected" | "reply" | "downgrades"> {
  const { ehlo, response }: { ehlo?: unknown; response?: unknown } = isObject(info) ? info : {};
  const rejected = readRefused(info);
  const refused = new Set(rejected.map(({ address }) => address));
  const offersDsn = Array.isArray(ehlo) && ehlo.some((line) => /^DSN(?: |$)/i.test(String(line)));
  return {
    accepted: envelope.to.filter((address) => !refused.has(address)),
    rejected,
    reply: typeof response === "string" ? parseReply(response) : undefined,
    downgrades: [...(message.dsn && !offersDsn ? ["dsn"] : []), ...(eightBit ? ["8bitmime"] : [])],
  };
}

/** Of the result, or of the error when all were refused. */
function readRefused(infoOrError: unknown): RejectedRecipient[] {
  const { rejectedErrors }: { rejectedErrors?: unknown } = isObject(infoOrError) ? infoOrError : {};
  if (!Array.isArray(rejectedErrors)) return [];
  return rejectedErrors.flatMap(({ recipient, response }: { recipient?: unknown; response?: unknown }) => {
    const reply = parseReply(String(response));
    return reply === undefined ? [] : [{ address: String(recipient), reply, retryable: reply.code < 500 }];
  });
}

/** A transporter tells only whether all went well. */
async function ask(transporter: NodemailerTransporter): Promise<Verification> {
  const stages = new Stages();
  const startedAt = performance.now();
  try {
    const answer = await transporter.verify?.();
    stages.add("connect", performance.now() - startedAt);
    if (answer === true) return stages.verification();
  } catch (error) {
    const fault = translate(error, { ...SOMEWHERE, phase: "connect", isUnknown: false, refused: [] });
    stages.add(stageOf(fault), performance.now() - startedAt, fault);
    return stages.verification();
  }
  // Those that carry messages without a connection have nothing to verify, and answer false.
  throw new MailError("unsupported", "This transporter has no connection to verify.", { phase: "input" });
}

function stageOf({ phase }: MailError): VerificationStageName {
  if (phase === "tls" || phase === "auth") return phase;
  return phase === "greeting" || phase === "ehlo" ? "ehlo" : "connect";
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
