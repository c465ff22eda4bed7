import type { SmtpAuth } from "../connection.ts";
import { isMailError, type MailError } from "../errors.ts";
import type { SmtpReply } from "../receipt.ts";
import { decodeBase64, encodeBase64 } from "../util/base64.ts";
import type { Link } from "./link.ts";
import { formatReply, isNegative } from "./reply.ts";
import type { Mechanism, SelectContext } from "./sasl/mechanism.ts";
import { HIDDEN, Secrets } from "./sasl/secrets.ts";
import { selectMechanism } from "./sasl/select.ts";

/** An AUTH command is a command like any other: 512 octets with its CRLF (RFC 4954 section 4). */
const MAX_INITIAL_COMMAND = 510;

/** How long the answer to a cancelled dialogue is waited for. */
const CANCEL_MS = 1_000;

export interface AuthenticateOptions extends SelectContext {
  /** Mechanisms the server offers. */
  readonly offered: readonly string[];
  readonly replyMs: number;
  /** Challenges of one attempt. */
  readonly challenges: number;
}

/**
 * AUTH (RFC 4954). One try for each mechanism: the next is tried only where the server refused the mechanism itself, for
 * a wrong password is as wrong in the next one, and servers count. A token function is asked again once after a 535,
 * since a token may have grown old.
 *
 * @throws MailError `auth-failed`, `auth-unsupported`, `auth-insecure`.
 */
export async function authenticate(link: Link, auth: SmtpAuth, options: AuthenticateOptions): Promise<void> {
  link.expectQuiet();
  link.phase = "auth";
  let offered = options.offered;
  let canRenewToken = typeof auth.accessToken === "function";
  for (;;) {
    const mechanism = inPhase(link, () => selectMechanism(auth, offered, options));
    const refusal = await attempt(link, mechanism, auth, options);
    if (refusal === undefined) return;

    const others = offered.filter((name) => name !== mechanism.name);
    if (refusal.code === 535 && canRenewToken) {
      canRenewToken = false;
    } else if (isMechanismRefused(refusal) && hasMechanism(auth, others, options)) {
      offered = others;
    } else {
      throw link.error("auth-failed", `The server refused the credentials: ${formatReply(refusal)}`, {
        reply: refusal,
      });
    }
  }
}

/** One dialogue. Answers the server's refusal, nothing when it let us in. */
async function attempt(
  link: Link,
  mechanism: Mechanism,
  auth: SmtpAuth,
  options: AuthenticateOptions,
): Promise<SmtpReply | undefined> {
  const secrets = new Secrets(auth);
  const initial = await work(link, options, () => mechanism.start());
  let response = writeCommand(link, mechanism, initial, secrets);

  for (let challenges = 0; ; challenges++) {
    const reply = await link.reply(options.replyMs, secrets.hide);
    if (reply.code === 235) {
      inPhase(link, () => mechanism.finish?.());
      return undefined;
    }
    if (isNegative(reply)) return secrets.hide(reply);
    if (reply.code !== 334)
      throw link.fail("protocol-error", "The server answered AUTH with neither yes, no nor a challenge.");
    if (challenges === options.challenges)
      throw link.fail("protocol-error", "The server does not stop asking in AUTH.");

    // An initial response that did not fit the command answers the empty challenge the server begins with.
    const answer = response ?? (await answerChallenge(link, mechanism, reply, options));
    response = undefined;
    secrets.add(answer);
    link.secretCommand(encodeBase64(answer), HIDDEN);
  }
}

/** Writes AUTH, with the initial response where it fits; answers the response where it does not. */
function writeCommand(
  link: Link,
  { name }: Mechanism,
  initial: Uint8Array | undefined,
  secrets: Secrets,
): Uint8Array | undefined {
  // "=" is how an empty response is written, to tell it from none.
  const written = initial === undefined ? "" : ` ${encodeBase64(initial) || "="}`;
  const line = `AUTH ${name}${written}`;
  if (initial === undefined || line.length > MAX_INITIAL_COMMAND) {
    link.command([`AUTH ${name}`]);
    return initial;
  }
  secrets.add(initial);
  link.secretCommand(line, `AUTH ${name} ${HIDDEN}`);
  return undefined;
}

async function answerChallenge(
  link: Link,
  mechanism: Mechanism,
  { text }: SmtpReply,
  options: AuthenticateOptions,
): Promise<Uint8Array> {
  const challenge = decodeBase64(text.trim());
  if (challenge === undefined) throw link.fail("protocol-error", "The server sent a challenge that is not base64.");
  try {
    return await work(link, options, () => mechanism.next(challenge));
  } catch (error) {
    await cancel(link);
    throw error;
  }
}

/** The server still waits for an answer (RFC 4954 section 4). Whether it heard this one changes nothing. */
async function cancel(link: Link): Promise<void> {
  if (!link.isQuiet) return;
  try {
    link.command(["*"]);
    await link.reply(CANCEL_MS);
  } catch {
    // The session is over anyway.
  }
}

/** What a mechanism does may take its time: a token function goes to another server. */
async function work<T>(link: Link, { replyMs }: AuthenticateOptions, step: () => T | Promise<T>): Promise<T> {
  try {
    const result = step();
    return result instanceof Promise ? await link.during(replyMs, "The access token did not come", result) : result;
  } catch (error) {
    throw withTrace(link, error);
  }
}

function inPhase<T>(link: Link, step: () => T): T {
  try {
    return step();
  } catch (error) {
    throw withTrace(link, error);
  }
}

/** A mechanism knows nothing of the dialogue around it. */
function withTrace(link: Link, error: unknown): unknown {
  if (!isMailError(error) || error === link.fault) return error;
  const { code, message, retryable, issues, cause }: MailError = error;
  return link.error(code, message, { retryable, issues, cause });
}

/** 504: no such mechanism. 534: too weak for this user (RFC 4954 section 6). */
function isMechanismRefused({ code }: SmtpReply): boolean {
  return code === 504 || code === 534;
}

function hasMechanism(auth: SmtpAuth, offered: readonly string[], options: AuthenticateOptions): boolean {
  try {
    return selectMechanism(auth, offered, options) !== undefined;
  } catch {
    return false;
  }
}
