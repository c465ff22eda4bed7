import { isMailError, MailError } from "../errors.ts";
import type { OutgoingMail } from "../outgoing.ts";
import { readdress } from "../outgoing.ts";
import type { Receipt, RejectedRecipient } from "../receipt.ts";
import type { SendOptions, Transport } from "../transport.ts";
import { SPENT, watchReading } from "./read-once.ts";

/** One mail over several attempts: who has it, who was refused, and to whom the next attempt goes. */
export class RetriedDelivery {
  readonly #mail: OutgoingMail;
  readonly #isSpent: () => boolean;
  readonly #options: SendOptions;
  readonly #accepted = new Set<string>();
  /** The server's latest word on everybody it refused. */
  readonly #rejected = new Map<string, RejectedRecipient>();
  readonly #unknown = new Set<string>();
  readonly #downgrades = new Set<string>();
  #waiting: readonly string[];
  #receipt: Receipt | undefined;
  #failure: { readonly error: unknown } | undefined;

  constructor(mail: OutgoingMail, options: SendOptions) {
    const watched = watchReading(mail);
    this.#mail = watched.mail;
    this.#isSpent = watched.isSpent;
    this.#options = options;
    this.#waiting = mail.envelope.to;
  }

  /** True when nobody is left to try again for, or nothing to try it with. */
  get isOver(): boolean {
    return this.#waiting.length === 0 || this.#isSpent();
  }

  async attempt(transport: Transport): Promise<void> {
    const [first, ...others] = this.#waiting;
    if (first === undefined) return;
    const isWhole = this.#waiting === this.#mail.envelope.to;
    const mail = isWhole ? this.#mail : readdress(this.#mail, [first, ...others]);
    try {
      this.#take(await transport.send(mail, this.#options));
    } catch (error) {
      this.fail(error);
    }
  }

  /** What an attempt came to that brought no receipt. */
  fail(error: unknown): void {
    this.#failure = { error };
    if (!isMailError(error)) this.#waiting = [];
    else if (!error.retryable) this.#giveUp(error);
    else if (error.code === "recipients-rejected" && this.#options.recipients !== "all-or-none") {
      this.#waiting = this.#refuse(error.recipients ?? []);
    }
  }

  /** @throws what the last attempt failed with, when nobody was accepted. */
  outcome(): Receipt {
    if (this.#receipt === undefined) throw this.#finalError(this.#failure?.error);
    const { to } = this.#mail.envelope;
    const unknown = to.filter((address) => this.#unknown.has(address));
    return {
      ...this.#receipt,
      accepted: to.filter((address) => this.#accepted.has(address)),
      rejected: this.#refused(),
      ...(unknown.length > 0 && { unknown }),
      downgrades: [...this.#downgrades],
    };
  }

  #take(receipt: Receipt): void {
    this.#receipt = receipt;
    for (const address of receipt.accepted) {
      this.#accepted.add(address);
      this.#rejected.delete(address);
    }
    for (const address of receipt.unknown ?? []) this.#loseSight(address);
    for (const downgrade of receipt.downgrades) this.#downgrades.add(downgrade);
    this.#waiting = this.#refuse(receipt.rejected);
  }

  /** Nobody is tried again. Those who waited since an earlier attempt have a last word too. */
  #giveUp({ code, reply, recipients = [] }: MailError): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#refuse(recipients);
    for (const address of waiting.filter((one) => !recipients.some((recipient) => recipient.address === one))) {
      if (code === "delivery-unknown") this.#loseSight(address);
      else if (reply !== undefined && this.#rejected.has(address)) this.#refuse([{ address, reply, retryable: false }]);
    }
  }

  /** Notes refusals, and returns whom to try again. */
  #refuse(recipients: readonly RejectedRecipient[]): string[] {
    for (const recipient of recipients) this.#rejected.set(recipient.address, recipient);
    return recipients.filter(({ retryable }) => retryable).map(({ address }) => address);
  }

  #loseSight(address: string): void {
    this.#unknown.add(address);
    this.#rejected.delete(address);
  }

  #refused(): RejectedRecipient[] {
    return this.#mail.envelope.to.flatMap((address) => this.#rejected.get(address) ?? []);
  }

  /** The last error, with what earlier attempts learnt about recipients. */
  #finalError(error: unknown): unknown {
    if (!isMailError(error)) return error;
    if (this.#isSpent() && error.retryable) {
      const message = `${error.message} It is not tried again: ${SPENT}.`;
      return new MailError(error.code, message, { ...error, retryable: false, cause: error });
    }
    const recipients = this.#refused();
    if (recipients.length <= (error.recipients?.length ?? 0)) return error;
    return new MailError(error.code, error.message, { ...error, recipients, cause: error.cause });
  }
}
