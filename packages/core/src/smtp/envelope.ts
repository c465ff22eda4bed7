import { isTransient, type MailError, type MailErrorCode, type MailPhase } from "../errors.ts";
import type { RejectedRecipient, SmtpReply } from "../receipt.ts";
import { bdat } from "./command.ts";
import { tellFinal } from "./final.ts";
import { formatReply, isNegative, isPositive, isTooLarge } from "./reply.ts";
import type { SessionState } from "./session.ts";
import type { FirstWrite, Letter } from "./transaction.ts";

/** What the server said to MAIL and to each RCPT. Filled as the replies come, so that an error can tell those it has. */
export interface EnvelopeReplies {
  mail: SmtpReply | undefined;
  readonly accepted: string[];
  readonly rejected: RejectedRecipient[];
  /** Refused only because there were too many in this transaction: another one may carry them. */
  readonly postponed: RejectedRecipient[];
}

/** How soon a session that carried a message before must answer, as long as trying another one can do no harm. */
const SIGN_OF_LIFE_MS = 1_000;

/**
 * MAIL and all RCPT, with what goes into the same write, and the replies to them.
 *
 * A session that was used before may turn out to be dead here. As long as it answered nothing and has nothing of the
 * message, it is given only {@link SIGN_OF_LIFE_MS}.
 */
export async function sendEnvelope(
  state: SessionState,
  letter: Letter,
  recipients: readonly string[],
  firstWrite: FirstWrite,
  replies: EnvelopeReplies,
): Promise<void> {
  const { link } = state;
  const rcptTo = recipients.map(letter.rcptTo);
  const group = [...(state.needsReset ? ["RSET"] : []), letter.mailFrom, ...rcptTo];
  if (firstWrite === "envelope") link.command(group);
  if (firstWrite === "data") link.command([...group, "DATA"]);
  if (firstWrite === "message" && letter.body.kind === "bytes") {
    if (letter.onFinal !== undefined) await tellFinal(link, state.timeouts.progressMs, letter.onFinal);
    link.command([...group, bdat(letter.body.bytes.length, true)], letter.body.bytes);
    state.isCommitted = true;
  }

  if (state.needsReset) await reset(state, firstWrite);
  const mail = await ask(state, firstWrite, "mail", letter.mailFrom);
  replies.mail = mail;
  if (isPositive(mail)) state.needsReset = true;
  else if (firstWrite === "commands") return;
  for (const [index, recipient] of recipients.entries()) {
    const reply = await ask(state, firstWrite, "rcpt", rcptTo[index] ?? "");
    if (isPositive(mail)) sort(replies, recipient, reply);
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

function sort(replies: EnvelopeReplies, address: string, reply: SmtpReply): void {
  const { accepted, rejected, postponed } = replies;
  if (isPositive(reply)) accepted.push(address);
  else if (accepted.length > 0 && isTooMany(reply)) postponed.push({ address, reply, retryable: true });
  else rejected.push({ address, reply, retryable: isTransient(reply) });
}

/** 452, or 4.5.3 where the server is exact (RFC 5321 section 4.5.3.1.10, RFC 3463): 452 alone may be a full mailbox. */
function isTooMany({ code, enhancedCode }: SmtpReply): boolean {
  return enhancedCode?.endsWith(".5.3") ?? code === 452;
}

/** Why there is no use in sending the message. */
export function refusalOf(state: SessionState, letter: Letter, replies: EnvelopeReplies): MailError | undefined {
  const { link } = state;
  const { mail, accepted, postponed } = replies;
  if (mail !== undefined && isNegative(mail)) {
    link.phase = "mail";
    return link.error(codeOfMail(mail), `The server refused the sender: ${formatReply(mail)}`, { reply: mail });
  }
  const rejected = [...replies.rejected, ...postponed];
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

function codeOfMail(reply: SmtpReply): MailErrorCode {
  if (reply.code === 530) return "auth-failed"; // RFC 4954 section 6: authentication required
  return isTooLarge(reply) || (reply.code === 552 && reply.enhancedCode === undefined)
    ? "message-too-large"
    : "sender-rejected";
}
