import type { OutgoingMail, Receipt, SendOptions } from "@edgepost/core";
import { isMailError, MailError } from "@edgepost/core";
import type { Session } from "@edgepost/core/smtp";
import { deliver } from "./delivery.ts";
import type { NodemailerLink } from "./link.ts";

/** One connection, greeted, secured and authenticated: what the pool hands messages to. */
export class NodemailerSession implements Session {
  readonly #link: NodemailerLink;
  readonly #isVerified: boolean;
  readonly #transport: string;
  #messages = 0;

  /**
   * @param isVerified The link is under TLS, with the server's certificate checked.
   * @param transport Its name in receipts.
   */
  constructor(link: NodemailerLink, isVerified: boolean, transport: string) {
    this.#link = link;
    this.#isVerified = isVerified;
    this.#transport = transport;
  }

  get usable(): boolean {
    return this.#link.usable;
  }

  /** EHLO keywords with their parameters, upper case. */
  get capabilities(): ReadonlyMap<string, string> {
    return this.#link.dialogue.capabilities;
  }

  async send(mail: OutgoingMail, options: SendOptions = {}): Promise<Receipt> {
    const link = this.#link;
    link.isUnproven = this.#messages > 0;
    this.#messages += 1;
    link.dialogue.transcript.watcher = options.trace;
    try {
      const delivery = await deliver(link, mail, options, this.#isVerified);
      return { messageId: mail.messageId, ...delivery, transport: this.#transport };
    } catch (error) {
      throw link.isUnproven && isSignOfDeath(error) ? foundDead(error) : error;
    } finally {
      link.dialogue.transcript.watcher = undefined;
    }
  }

  reset(): Promise<void> {
    return this.#link.reset();
  }

  quit(): Promise<void> {
    return this.#link.quit();
  }
}

/** Lost, silent or on its way out before it took anything of the new message. */
function isSignOfDeath(error: unknown): boolean {
  if (!isMailError(error)) return false;
  const isBroken = ["connection-lost", "timeout", "protocol-error"].includes(error.code);
  return isBroken || error.reply?.code === 421;
}

function foundDead(error: unknown): MailError {
  const message = "The server had closed the connection since the last message.";
  return new MailError("connection-lost", message, { phase: "idle", retryable: true, cause: error });
}
