import type { MailError, MailPhase, RejectedRecipient, SmtpReply } from "@edgepost/core";
import { AUTHENTICATION, type Awaited, awaitedBy, GREETING, isAnswer, MESSAGE } from "./awaited.ts";
import { allRefused, isRefusable, refused } from "./refusals.ts";
import { parseReply } from "./reply-lines.ts";
import { broken, interrupted, notOffered, type Situation, senseless } from "./situation.ts";
import { Transcript } from "./transcript.ts";

/**
 * The dialogue of one connection as it goes by: which command each reply answers, and whether it may.
 *
 * nodemailer takes the next line that comes for the answer to what it asked last. A reply sent too early, or one too
 * many, then answers the wrong command, up to a message "accepted" that the server never took.
 */
export class Dialogue {
  /** EHLO keywords, upper case, with their parameters: those of the last EHLO, so nothing of before TLS. */
  capabilities: ReadonlyMap<string, string> = new Map();
  /** What the line is used for between commands. */
  mode: "commands" | "tls" | "auth" | "message" = "commands";

  /** False once the server has said more than it was asked: nothing can be asked of it any more. */
  isInStep = true;

  readonly transcript: Transcript;

  readonly #host: string;
  readonly #awaited: Awaited[] = [GREETING];
  #answered: Awaited = GREETING;
  #recipients: readonly string[] = [];
  #accepted = 0;
  #refused: RejectedRecipient[] = [];
  #refusal: MailError | undefined;

  constructor(host: string, hook: ((line: string) => void) | undefined) {
    this.#host = host;
    this.transcript = new Transcript(hook);
  }

  /** Recipients of the message under way that the server refused. */
  get refused(): readonly RejectedRecipient[] {
    return this.#refused;
  }

  /** What the server refused since the last message began, where that alone decides. */
  get refusal(): MailError | undefined {
    return this.#refusal;
  }

  /** Where the dialogue stands, for the error that ends it. */
  get situation(): Situation {
    return {
      host: this.#host,
      phase: this.#phase,
      isHandshake: this.mode === "tls",
      isUnknown: this.#awaited[0] === MESSAGE,
      refused: this.#refused,
      trace: this.transcript.lines,
    };
  }

  get #phase(): MailPhase {
    const [next] = this.#awaited;
    if (next !== undefined) return next.phase;
    if (this.mode === "message") return "body";
    if (this.mode !== "commands") return this.mode;
    return this.#answered === MESSAGE ? "idle" : this.#answered.phase;
  }

  /** A new message for these recipients. */
  begin(recipients: readonly string[]): void {
    this.#recipients = recipients;
    this.#accepted = 0;
    this.#refused = [];
    this.#refusal = undefined;
  }

  /** nodemailer sends a line. Nothing may have come before it was asked for. */
  said(line: string, hasUnread: boolean): void {
    if (!this.isInStep || (this.#awaited.length === 0 && hasUnread))
      throw broken("The server spoke before it was asked", this.situation);
    const [verb = ""] = line.split(" ", 1);
    if (this.mode === "auth") {
      this.#awaited.push(AUTHENTICATION);
      this.transcript.said(verb === "AUTH" ? `${line.split(" ", 2).join(" ")} ****` : "****");
      return;
    }
    // nodemailer, told to insist on TLS, asks for it whether it was offered or not.
    if (verb === "STARTTLS" && !this.capabilities.has(verb)) throw notOffered(this.situation);
    this.mode = "commands";
    this.#awaited.push(awaitedBy(verb));
    this.transcript.said(line);
  }

  /** A piece of the message is handed over. */
  saidPiece(): void {
    this.mode = "message";
  }

  /** The whole message was handed over, final dot included. */
  saidMessage(bytes: number): void {
    this.mode = "commands";
    this.#awaited.push(MESSAGE);
    this.transcript.said(`(message of ${bytes} bytes)`);
  }

  /**
   * A complete reply; `undefined` for one more than were asked for, behind the answer to a message: that answer holds.
   * @throws MailError for any other that nobody asked for, or that is no answer to what was asked.
   */
  heard(said: string): SmtpReply | undefined {
    const text = this.withoutSecrets(said);
    this.transcript.heard(text);
    const reply = parseReply(text);
    const [command] = this.#awaited;
    if (command === undefined && this.#phase === "idle") {
      this.isInStep = false;
      return undefined;
    }
    if (command === undefined) throw this.#spokeUnasked(reply);
    if (reply === undefined || !isAnswer(reply, command)) {
      throw senseless("The server sent something that is no answer to this command", this.situation, { reply });
    }
    // Whatever it answers, it wants no more of this session.
    if (reply.code === 421) throw this.#hungUp(command, reply);
    this.#awaited.shift();
    this.#answered = command;
    this.#understand(command, reply);
    return reply;
  }

  #understand({ verb }: Awaited, reply: SmtpReply): void {
    const isRefusal = reply.code >= 400;
    if (verb === "EHLO" || verb === "HELO") {
      this.capabilities = verb === "EHLO" && !isRefusal ? parseCapabilities(reply) : new Map();
    }
    if (verb === "STARTTLS" && !isRefusal) this.mode = "tls";
    // A second token may be taken where the first was not.
    if (verb === "AUTH" && !isRefusal) this.#refusal = undefined;
    if (verb === "RCPT") this.#sort(reply);
    else if (isRefusal && isRefusable(verb) && verb !== "EHLO") this.#refusal ??= refused(verb, reply, this.situation);
  }

  /** A reply, fit to be told. */
  withoutSecrets(reply: string): string {
    return this.transcript.withoutSecrets(reply, this.mode === "auth");
  }

  #hungUp({ verb }: Awaited, reply: SmtpReply): MailError {
    if (isRefusable(verb)) return refused(verb, reply, this.situation);
    return interrupted("connection-lost", "The server is closing the connection", this.situation, { reply });
  }

  #sort(reply: SmtpReply): void {
    const [address = "", ...others] = this.#recipients;
    this.#recipients = others;
    if (reply.code < 400) this.#accepted += 1;
    else this.#refused.push({ address, reply, retryable: reply.code < 500 });
    if (others.length === 0 && this.#accepted === 0) this.#refusal ??= allRefused(this.#refused, this.situation);
  }

  /** From its 354 on a server may say that it has had enough of the message: by its code, like any other refusal of it. */
  #spokeUnasked(reply: SmtpReply | undefined): MailError {
    const isDue = this.mode === "message" || this.#answered.verb === "DATA";
    if (isDue && reply !== undefined && reply.code >= 400) return refused("message", reply, this.situation);
    return broken("The server spoke before it was asked", this.situation, { reply });
  }
}

/** The first line is the server's name. `AUTH=` is how servers wrote it for clients older than RFC 2554. */
function parseCapabilities({ text }: SmtpReply): ReadonlyMap<string, string> {
  const capabilities = new Map<string, string>();
  for (const line of text.toUpperCase().split("\n").slice(1)) {
    const [keyword = "", ...parameters] = line
      .trim()
      .replace(/^AUTH=/, "AUTH ")
      .split(/\s+/);
    const earlier = capabilities.get(keyword);
    capabilities.set(keyword, [...(earlier ? [earlier] : []), ...parameters].join(" "));
  }
  return capabilities;
}
