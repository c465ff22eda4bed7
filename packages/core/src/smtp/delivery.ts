import { isMailError, MailError, type MailErrorCode } from "../errors.ts";
import type { BodyForm, OutgoingMail } from "../outgoing.ts";
import type { Receipt, RejectedRecipient, SmtpReply } from "../receipt.ts";
import type { SendOptions } from "../transport.ts";
import { hasEightBit } from "../util/bytes.ts";
import type { Body } from "./body.ts";
import { encodeCommands, mailFrom, rcptTo } from "./command.ts";
import { repairLineEnds } from "./dot-stuffing.ts";
import { chooseParameters } from "./parameters.ts";
import type { SessionState } from "./session.ts";
import { type Letter, transact } from "./transaction.ts";

/**
 * One mail over one session: as a rule one transaction, several when it has more recipients than a transaction takes;
 * one receipt in any case.
 */
export async function deliver(state: SessionState, mail: OutgoingMail, options: SendOptions): Promise<Receipt> {
  const { capabilities, limits } = state;
  const allOrNone = options.recipients === "all-or-none";
  refuseUnsplittable(mail, allOrNone, limits.recipients);
  const parameters = chooseParameters(mail, capabilities, state.isVerified);
  const body = await takeBody(state, mail, parameters.form);
  const size = body.kind === "bytes" ? body.bytes.length : mail.size;
  refuseTooLarge(state, size);

  const letter: Letter = {
    mailFrom: mailFrom(mail.envelope.from, {
      ...parameters.mail,
      size: capabilities.size ? size : undefined,
      body: DECLARED[body.form],
    }),
    rcptTo: (recipient) => rcptTo(recipient, parameters.rcpt),
    body,
    allOrNone,
    onFinal: options.onFinal,
  };
  // What no command may hold is found here before the first transaction, and not in the second.
  if (mail.envelope.to.length > limits.recipients) encodeCommands(mail.envelope.to.map(letter.rcptTo));
  const outcome = await deliverInGroups(state, mail, letter);
  return { messageId: mail.messageId, ...outcome, transport: state.transport, downgrades: parameters.downgrades };
}

const DECLARED = { "7bit": undefined, "8bit": "8BITMIME", binary: "BINARYMIME" } as const;

/** What several transactions cannot do is said before the first. */
function refuseUnsplittable(mail: OutgoingMail, allOrNone: boolean, most: number): void {
  const { length } = mail.envelope.to;
  if (length <= most || !(allOrNone || mail.once)) return;
  const why = allOrNone
    ? 'with recipients "all-or-none" they must fit into one transaction'
    : "its content can be read only once, and each transaction needs it again";
  throw new MailError("unsupported", `The message has ${length} recipients, and ${why}, which takes ${most}.`, {
    phase: "input",
    retryable: false,
  });
}

/** The message as this session will send it. It is made when the session is there, since the form depends on it. */
async function takeBody(state: SessionState, mail: OutgoingMail, form: BodyForm): Promise<Body> {
  if (mail.streamed) return { kind: "stream", form, open: () => mail.stream(form) };
  const { link, timeouts } = state;
  const bytes = await link.during(timeouts.progressMs, "The message was not made", makeBytes(mail, form));
  // A signed message has one form, whatever it is asked for. What is no more than 7bit needs no promise of the server.
  if (form === "7bit" || !hasEightBit(bytes)) return { kind: "bytes", form: "7bit", bytes: repairLineEnds(bytes) };
  return { kind: "bytes", form, bytes: form === "binary" ? bytes : repairLineEnds(bytes) };
}

async function makeBytes(mail: OutgoingMail, form: BodyForm): Promise<Uint8Array> {
  try {
    return await mail.bytes(form);
  } catch (cause) {
    if (isMailError(cause)) throw cause;
    throw new MailError("attachment-failed", "The message could not be read.", { phase: "input", cause });
  }
}

function refuseTooLarge({ link, capabilities }: SessionState, size: number | undefined): void {
  const { maxSize } = capabilities;
  if (size === undefined || maxSize === undefined || size <= maxSize) return;
  link.phase = "mail";
  throw link.error("message-too-large", `The message has ${size} bytes, and the server takes ${maxSize}.`);
}

type Outcome = Pick<Receipt, "accepted" | "rejected" | "unknown" | "reply" | "size">;

/** As many transactions as it takes. What one of them accepted is never thrown away for what happens to the next. */
async function deliverInGroups(state: SessionState, mail: OutgoingMail, letter: Letter): Promise<Outcome> {
  const accepted: string[] = [];
  const rejected: RejectedRecipient[] = [];
  let last: { readonly reply: SmtpReply; readonly size: number } | undefined;
  let refusal: MailError | undefined;

  let waiting: readonly string[] = mail.envelope.to;
  while (waiting.length > 0) {
    const group = waiting.slice(0, state.limits.recipients);
    waiting = waiting.slice(state.limits.recipients);
    try {
      const outcome = await transact(state, letter, group);
      last = outcome;
      accepted.push(...outcome.accepted);
      rejected.push(...outcome.rejected);
      if (mail.once) rejected.push(...outcome.postponed);
      else waiting = [...outcome.postponed.map(({ address }) => address), ...waiting];
    } catch (error) {
      if (!isMailError(error)) throw error;
      if (error.code === "recipients-rejected" && state.link.fault === undefined) {
        refusal = error;
        rejected.push(...(error.recipients ?? []));
      } else if (last === undefined) {
        throw withRefusals(error, rejected);
      } else {
        return { accepted, ...breakOff(group, waiting, rejected, error), ...pickWord(last) };
      }
    }
  }
  if (last !== undefined) return { accepted, rejected, ...pickWord(last) };
  throw refusal?.recipients?.length === rejected.length ? refusal : refuseAll(state, rejected);
}

function pickWord({ reply, size }: Pick<Outcome, "reply" | "size">): Pick<Outcome, "reply" | "size"> {
  return { reply, size };
}

/** The recipients an error left over, after others were accepted: each gets the truth, and nobody is called accepted. */
function breakOff(
  group: readonly string[],
  waiting: readonly string[],
  rejected: readonly RejectedRecipient[],
  error: MailError,
): Pick<Outcome, "rejected" | "unknown"> {
  if (error.code !== "delivery-unknown") {
    return { rejected: [...rejected, ...[...group, ...waiting].map((address) => notSent(address, error))] };
  }
  const refused = error.recipients ?? [];
  const unknown = group.filter((address) => !refused.some((recipient) => recipient.address === address));
  return { rejected: [...rejected, ...refused, ...waiting.map((address) => notSent(address, error))], unknown };
}

/** What is wrong with the message itself, and will be in the next attempt. */
const UNSENDABLE: readonly MailErrorCode[] = ["attachment-failed", "message-too-large"];

/**
 * Where the server said nothing, a reply of our own stands in (RFC 3463): 4.4.2, the connection went bad, or 5.6.0, the
 * content did.
 */
function notSent(address: string, error: MailError): RejectedRecipient {
  if (error.reply !== undefined) return { address, reply: error.reply, retryable: error.retryable };
  const retryable = !UNSENDABLE.includes(error.code);
  const status = retryable ? { code: 451, enhancedCode: "4.4.2" } : { code: 554, enhancedCode: "5.6.0" };
  return { address, reply: { ...status, text: `Not sent by this client: ${error.message}` }, retryable };
}

/** Nobody was accepted: the error names those too whom an earlier transaction found refused. */
function withRefusals(error: MailError, earlier: readonly RejectedRecipient[]): MailError {
  if (earlier.length === 0) return error;
  const recipients = [...earlier, ...(error.recipients ?? [])];
  return new MailError(error.code, error.message, { ...error, recipients, cause: error.cause });
}

/** Every recipient of every transaction was refused. */
function refuseAll({ link }: SessionState, rejected: readonly RejectedRecipient[]): MailError {
  return link.error("recipients-rejected", `The server refused every one of ${rejected.length} recipients.`, {
    reply: rejected.at(-1)?.reply,
    recipients: rejected,
    retryable: rejected.some((recipient) => recipient.retryable),
  });
}
