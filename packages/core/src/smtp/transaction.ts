import { isTransient, MailError, type MailPhase } from "../errors.ts";
import type { RejectedRecipient, SmtpReply } from "../receipt.ts";
import { type Body, writeChunks, writeData } from "./body.ts";
import { bdat } from "./command.ts";
import type { Link } from "./link.ts";
import { formatReply, isNegative, isPositive } from "./reply.ts";
import type { SessionState } from "./session.ts";

/** One message as one transaction sends it. */
export interface Letter {
  readonly mailFrom: string;
  rcptTo(recipient: string): string;
  readonly body: Body;
  /** Send to nobody unless the server takes every recipient. */
  readonly allOrNone: boolean;
}

export interface TransactionOutcome {
  readonly accepted: readonly string[];
  readonly rejected: readonly RejectedRecipient[];
  /** Refused only because there were too many in this transaction: another one may carry them. */
  readonly postponed: readonly RejectedRecipient[];
  readonly reply: SmtpReply;
  readonly size: number;
}

/**
 * How much goes into the first write.
 * `commands`: one command at a time. `envelope`: MAIL and all RCPT. `data`: these and DATA. `message`: these and the
 * whole message by BDAT, so that everything is done in one round trip.
 */
type FirstWrite = "commands" | "envelope" | "data" | "message";

/**
 * The largest message that goes out with its envelope. Above, the envelope goes first: a refused recipient should not
 * cost a megabyte, and one round trip is nothing beside the transfer.
 */
const MAX_FIRST_WRITE_BYTES = 262_144;

/** How soon a session that carried a message before must answer, as long as trying another one can do no harm. */
const SIGN_OF_LIFE_MS = 1_000;

/**
 * MAIL, RCPT…, DATA or BDAT (RFC 5321 section 3.3), in as few round trips as the server allows.
 *
 * @throws MailError when the server took the message for nobody. `connection-lost` in phase `idle` when a reused
 * session turned out to be dead before it answered anything; `delivery-unknown` when the message may have arrived.
 */
export async function transact(
  state: SessionState,
  letter: Letter,
  recipients: readonly string[],
): Promise<TransactionOutcome> {
  const envelope: Envelope = { mail: undefined, accepted: [], rejected: [], postponed: [] };
  state.isCommitted = false;
  try {
    return await converse(state, letter, recipients, envelope);
  } catch (error) {
    throw judge(state, error, envelope);
  }
}

async function converse(
  state: SessionState,
  letter: Letter,
  recipients: readonly string[],
  envelope: Envelope,
): Promise<TransactionOutcome> {
  const firstWrite = chooseFirstWrite(state, letter);
  await sendEnvelope(state, letter, recipients, firstWrite, envelope);
  const refusal = refusalOf(state, letter, envelope);
  if (refusal !== undefined) {
    await windUp(state, firstWrite);
    throw refusal;
  }
  const size = await sendMessage(state, letter, firstWrite);
  const reply = await hearFinal(state, firstWrite);
  return { ...envelope, reply, size };
}

interface Envelope {
  mail: SmtpReply | undefined;
  readonly accepted: string[];
  readonly rejected: RejectedRecipient[];
  readonly postponed: RejectedRecipient[];
}

function chooseFirstWrite({ capabilities, isStale }: SessionState, { body, allOrNone }: Letter): FirstWrite {
  if (!capabilities.pipelining) return "commands";
  if (allOrNone) return "envelope"; // whether there will be a message depends on the replies
  if (!capabilities.chunking) return "data";
  // A link that was dropped in silence while it was idle shows at the first write. If the message is in that write,
  // nobody can tell whether it arrived; if it is not, another session may carry it.
  const goesAlong = !isStale && body.kind === "bytes" && body.bytes.length <= MAX_FIRST_WRITE_BYTES;
  return goesAlong ? "message" : "envelope";
}

async function sendEnvelope(
  state: SessionState,
  letter: Letter,
  recipients: readonly string[],
  firstWrite: FirstWrite,
  envelope: Envelope,
): Promise<void> {
  const { link } = state;
  const rcptTo = recipients.map(letter.rcptTo);
  const group = [...(state.needsReset ? ["RSET"] : []), letter.mailFrom, ...rcptTo];
  if (firstWrite === "envelope") link.command(group);
  if (firstWrite === "data") link.command([...group, "DATA"]);
  if (firstWrite === "message" && letter.body.kind === "bytes") {
    link.command([...group, bdat(letter.body.bytes.length, true)], letter.body.bytes);
    state.isCommitted = true;
  }

  if (state.needsReset) await reset(state, firstWrite);
  const mail = await ask(state, firstWrite, "mail", letter.mailFrom);
  envelope.mail = mail;
  if (isPositive(mail)) state.needsReset = true;
  else if (firstWrite === "commands") return;
  for (const [index, recipient] of recipients.entries()) {
    const reply = await ask(state, firstWrite, "rcpt", rcptTo[index] ?? "");
    if (isPositive(mail)) sort(envelope, recipient, reply);
  }
}

/** Where the server knows no PIPELINING the command is written now, else it went out with its group. */
async function ask(state: SessionState, firstWrite: FirstWrite, phase: MailPhase, command: string): Promise<SmtpReply> {
  const { link, timeouts } = state;
  if (firstWrite === "commands") link.command([command]);
  link.phase = phase;
  const isReplaceable = state.isUnproven && !state.isCommitted;
  const reply = await link.reply(isReplaceable ? Math.min(SIGN_OF_LIFE_MS, timeouts.replyMs) : timeouts.replyMs);
  if (!isPositive(reply) && !isNegative(reply)) throw link.unexpected(reply);
  state.isUnproven = false;
  return reply;
}

/** Clears what an earlier transaction left behind. A server that cannot do that is given up; the message never began. */
async function reset(state: SessionState, firstWrite: FirstWrite): Promise<void> {
  const reply = await ask(state, firstWrite, "idle", "RSET");
  if (isNegative(reply)) throw state.link.fail("connection-lost", "The server refused RSET.", { retryable: true });
  state.needsReset = false;
}

function sort(envelope: Envelope, address: string, reply: SmtpReply): void {
  const { accepted, rejected, postponed } = envelope;
  if (isPositive(reply)) accepted.push(address);
  else if (accepted.length > 0 && isTooMany(reply)) postponed.push({ address, reply, retryable: true });
  else rejected.push({ address, reply, retryable: isTransient(reply) });
}

/** 452, or 4.5.3 where the server is exact (RFC 5321 section 4.5.3.1.10, RFC 3463): 452 alone may be a full mailbox. */
function isTooMany({ code, enhancedCode }: SmtpReply): boolean {
  return enhancedCode?.endsWith(".5.3") ?? code === 452;
}

/** Why there is no use in sending the message. */
function refusalOf(state: SessionState, letter: Letter, envelope: Envelope): MailError | undefined {
  const { link } = state;
  const { mail, accepted, postponed } = envelope;
  if (mail !== undefined && isNegative(mail)) {
    link.phase = "mail";
    return link.error(codeOfMail(mail), `The server refused the sender: ${formatReply(mail)}`, { reply: mail });
  }
  const rejected = [...envelope.rejected, ...postponed];
  const last = rejected.at(-1);
  if (last === undefined) return undefined;
  link.phase = "rcpt";
  const facts = { reply: last.reply, recipients: rejected };
  const said = `${last.address}: ${formatReply(last.reply)}`;
  if (accepted.length === 0) {
    const retryable = rejected.some((recipient) => recipient.retryable);
    return link.error("recipients-rejected", `The server refused every recipient. ${said}`, { ...facts, retryable });
  }
  if (!letter.allOrNone) return undefined;
  const retryable = rejected.every((recipient) => recipient.retryable);
  const message = `The server refused ${rejected.length} of ${rejected.length + accepted.length} recipients, so nothing was sent. ${said}`;
  return link.error("recipients-rejected", message, { ...facts, retryable });
}

function codeOfMail(reply: SmtpReply): "auth-failed" | "message-too-large" | "sender-rejected" {
  if (reply.code === 530) return "auth-failed"; // RFC 4954 section 6: authentication required
  return isTooLarge(reply) || (reply.code === 552 && reply.enhancedCode === undefined)
    ? "message-too-large"
    : "sender-rejected";
}

function isTooLarge({ enhancedCode }: SmtpReply): boolean {
  return enhancedCode === "5.3.4";
}

/** Takes the answer to what went out behind a refused envelope. Should it not come, the refusal is still what happened. */
async function windUp(state: SessionState, firstWrite: FirstWrite): Promise<void> {
  const { link, timeouts } = state;
  state.isCommitted = false;
  if (firstWrite !== "data" && firstWrite !== "message") return;
  try {
    const reply = await link.reply(timeouts.replyMs);
    if (reply.code !== 354) return;
    link.command(["."]); // DATA was let through with nobody to send to: only the dot (RFC 2920 section 3.1)
    await link.reply(timeouts.replyMs);
    state.needsReset = false;
  } catch {
    // The link knows.
  }
}

async function sendMessage(state: SessionState, { body }: Letter, firstWrite: FirstWrite): Promise<number> {
  const { link, capabilities, timeouts } = state;
  if (firstWrite === "message" && body.kind === "bytes") return body.bytes.length;
  if (capabilities.chunking) {
    link.expectQuiet();
    link.phase = "body";
    return writeChunks(state, body);
  }
  if (firstWrite !== "data") link.command(["DATA"]);
  link.phase = "data";
  const reply = await link.reply(timeouts.replyMs);
  if (isNegative(reply))
    throw link.error("message-rejected", `The server refused DATA: ${formatReply(reply)}`, { reply });
  if (reply.code !== 354) throw link.unexpected(reply);
  return writeData(state, body);
}

/** The server's word on the message. Only now it is accepted. */
async function hearFinal(state: SessionState, firstWrite: FirstWrite): Promise<SmtpReply> {
  const { link, capabilities, timeouts } = state;
  link.phase = "body";
  const reply = await link.reply(timeouts.finalMs);
  if (!isPositive(reply) && !isNegative(reply)) throw link.unexpected(reply);
  if (firstWrite === "message") refuseSurplus(link);
  state.isCommitted = false;
  state.needsReset = isNegative(reply) && capabilities.chunking; // RFC 3030 section 2: the state is undefined
  if (isPositive(reply)) return reply;
  const code = isTooLarge(reply) ? "message-too-large" : "message-rejected";
  throw link.error(code, `The server refused the message: ${formatReply(reply)}`, { reply });
}

/**
 * With everything in one write, one reply too many means that the last one taken may have been the answer to something
 * else. 421 alone may come unasked: servers say it behind the last message they want of a session.
 */
function refuseSurplus(link: Link): void {
  const surplus = link.takeSurplus();
  if (surplus === undefined) return;
  const fault = link.unexpected(surplus);
  if (surplus.code !== 421) throw fault;
}

/** What the end of a link means for the message: the answer depends on how far it had come. */
function judge(state: SessionState, error: unknown, { rejected }: Envelope): unknown {
  const { link } = state;
  if (error !== link.fault || !(error instanceof MailError)) return error;
  const isRefusal = error.reply !== undefined; // by 421: then the message was not taken
  if (state.isUnproven && error.code !== "aborted" && (isRefusal || !state.isCommitted)) {
    link.phase = "idle";
    return link.error("connection-lost", "The connection was lost while it was idle.", {
      retryable: true,
      cause: error,
    });
  }
  if (!state.isCommitted || isRefusal) return error;
  link.phase = "body";
  const message = `The message was sent, and what became of it is unknown: ${error.message}`;
  return link.error("delivery-unknown", message, { retryable: false, recipients: rejected, cause: error });
}
