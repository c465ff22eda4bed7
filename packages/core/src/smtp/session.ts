import type { ParsedConnection } from "../connection.ts";
import { MailError } from "../errors.ts";
import type { OutgoingMail } from "../outgoing.ts";
import type { Receipt } from "../receipt.ts";
import type { SendOptions } from "../transport.ts";
import type { Capabilities } from "./capabilities.ts";
import { deliver } from "./delivery.ts";
import type { SmtpLimits } from "./limits.ts";
import type { Link } from "./link.ts";
import type { Session } from "./pool.ts";
import { isPositive } from "./reply.ts";

/** What the steps of a session know and tell each other. */
export interface SessionState {
  readonly link: Link;
  readonly capabilities: Capabilities;
  /** Under TLS, and the server's certificate was checked. */
  readonly isVerified: boolean;
  readonly timeouts: ParsedConnection["timeouts"];
  readonly limits: SmtpLimits;
  /** The name of the transport, for the receipt. */
  readonly transport: string;
  /** A transaction was begun and not ended: RSET goes before the next. */
  needsReset: boolean;
  /** It carried messages before, and did not answer anything of this one yet. */
  isUnproven: boolean;
  /** It was idle so long that the network between may have forgotten it. */
  isStale: boolean;
  /** The last octet of the message was written, and there was no reply to it: it may have arrived. */
  isCommitted: boolean;
}

/**
 * Idle links are dropped in silence by routers, firewalls and NAT, after minutes as a rule, and closed by servers under
 * load after ten seconds (Postfix's stress setting). A session in use is younger.
 */
const STALE_AFTER_MS = 10_000;

/** How long a server may take over RSET, which costs it nothing, before another session is quicker. */
const RESET_MS = 1_000;

/** A session that was opened: what the pool hands messages to. */
export class SmtpSession implements Session {
  readonly #state: SessionState;
  #messages = 0;
  #usedAt = performance.now();

  constructor(state: SessionState) {
    this.#state = state;
  }

  get capabilities(): Capabilities {
    return this.#state.capabilities;
  }

  get usable(): boolean {
    return this.#state.link.isQuiet;
  }

  async send(mail: OutgoingMail, options: SendOptions = {}): Promise<Receipt> {
    const state = this.#state;
    const { link } = state;
    state.isUnproven = this.#messages++ > 0;
    state.isStale = performance.now() - this.#usedAt > STALE_AFTER_MS;
    link.phase = state.isUnproven ? "idle" : "mail";
    if (options.signal?.aborted) {
      throw new MailError("aborted", "The send was aborted.", { phase: link.phase, cause: options.signal.reason });
    }
    const stopWatching = link.watch(options.trace);
    const stopObeying = link.obey(options.signal);
    try {
      return await deliver(state, mail, options);
    } finally {
      stopObeying();
      stopWatching();
      this.#rest();
    }
  }

  /** With PIPELINING the RSET goes out with the next message and costs nothing; without, the time is now. */
  reset(): Promise<void> | undefined {
    const { needsReset, capabilities } = this.#state;
    return needsReset && !capabilities.pipelining ? this.#sendReset() : undefined;
  }

  quit(): Promise<void> {
    return this.#state.link.quit();
  }

  async #sendReset(): Promise<void> {
    const state = this.#state;
    state.link.phase = "idle";
    state.link.command(["RSET"]);
    const reply = await state.link.reply(RESET_MS);
    if (!isPositive(reply)) throw state.link.unexpected(reply);
    state.needsReset = false;
    this.#rest();
  }

  #rest(): void {
    this.#usedAt = performance.now();
    this.#state.link.listen();
  }
}
