import { isMailError } from "../errors.ts";
import type { SmtpReply } from "../receipt.ts";
import type { SendOptions } from "../transport.ts";
import { type Body, writeChunks, writeData } from "./body.ts";
import { type EnvelopeReplies, refusalOf, sendEnvelope } from "./envelope.ts";
import type { Link } from "./link.ts";
import { formatReply, isNegative, isPositive, isTooLarge } from "./reply.ts";
import type { SessionState } from "./session.ts";

/** One message as one transaction sends it. */
export interface Letter {
  readonly mailFrom: string;
  rcptTo(recipient: string): string;
  readonly body: Body;
  /** Send to nobody unless the server takes every recipient. */
  readonly allOrNone: boolean;
  readonly onFinal: SendOptions["onFinal"];
}

export interface TransactionOutcome extends Pick<EnvelopeReplies, "accepted" | "rejected" | "postponed"> {
  readonly reply: SmtpReply;
  readonly size: number;
}

/**
 * How much goes into the first write.
 * `commands`: one command at a time. `envelope`: MAIL and all RCPT. `data`: these and DATA. `message`: these and the
 * whole message by BDAT, so that everything is done in one round trip.
 */
export type FirstWrite = "commands" | "envelope" | "data" | "message";

/**
 * The largest message that goes out with its envelope. Above, the envelope goes first: a refused recipient should not
 * cost a megabyte, and one round trip is nothing beside the transfer.
 */
const MAX_FIRST_WRITE_BYTES = 262_144;

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
  const replies: EnvelopeReplies = { mail: undefined, accepted: [], rejected: [], postponed: [] };
  state.isCommitted = false;
  try {
    return await converse(state, letter, recipients, replies);
  } catch (error) {
    throw judge(state, error, replies);
  }
}

async function converse(
  state: SessionState,
  letter: Letter,
  recipients: readonly string[],
  replies: EnvelopeReplies,
): Promise<TransactionOutcome> {
  const firstWrite = chooseFirstWrite(state, letter);
  await sendEnvelope(state, letter, recipients, firstWrite, replies);
  const refusal = refusalOf(state, letter, replies);
  if (refusal !== undefined) {
    await windUp(state, firstWrite);
    throw refusal;
  }
  const size = await sendMessage(state, letter, firstWrite);
  const reply = await hearFinal(state, firstWrite);
  const { accepted, rejected, postponed } = replies;
  return { accepted, rejected, postponed, reply, size };
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

async function sendMessage(state: SessionState, { body, onFinal }: Letter, firstWrite: FirstWrite): Promise<number> {
  const { link, capabilities, timeouts } = state;
  if (firstWrite === "message" && body.kind === "bytes") return body.bytes.length;
  if (capabilities.chunking) {
    link.expectQuiet();
    link.phase = "body";
    return writeChunks(state, body, onFinal);
  }
  if (firstWrite !== "data") link.command(["DATA"]);
  link.phase = "data";
  const reply = await link.reply(timeouts.replyMs);
  if (isNegative(reply))
    throw link.error("message-rejected", `The server refused DATA: ${formatReply(reply)}`, { reply });
  if (reply.code !== 354) throw link.unexpected(reply);
  return writeData(state, body, onFinal);
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
function judge(state: SessionState, error: unknown, { rejected }: EnvelopeReplies): unknown {
  const { link } = state;
  if (!isMailError(error)) {
    // By hand a mail may be made that fails in any way. Where the dialogue stands then, nobody knows.
    const cause = error;
    error = link.fail("attachment-failed", "The message could not be sent as it is.", { retryable: false, cause });
  }
  if (error !== link.fault || !isMailError(error)) return error;
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
