import type { SmtpReply } from "@edgepost/core";
import type { OpenConnection } from "../connections/connections.ts";
import { isWaiting } from "../messages/recipients.ts";
import type { RecipientRecord } from "../store/message-record.ts";
import type { Store } from "../store/store.ts";
import type { SuppressionRecord } from "../store/suppression-record.ts";

/** Who is written to no more. */
export interface Suppressions {
  /** The recipients, with `suppressed` those among the waiting ones that are on the list for this connection. */
  apply(connection: string | null, recipients: readonly RecipientRecord[]): Promise<readonly RecipientRecord[]>;
  /** Puts those on the list whom a mail server just said it does not know, where the connection is to do so. */
  learn(
    connection: Pick<OpenConnection, "name" | "delivery">,
    before: readonly RecipientRecord[],
    after: readonly RecipientRecord[],
  ): Promise<void>;
}

export interface SuppressionsOptions {
  readonly store: Store;
  readonly clock: () => Date;
  readonly newId: (now: Date) => string;
}

export function createSuppressions({ store, clock, newId }: SuppressionsOptions): Suppressions {
  return {
    async apply(connection, recipients) {
      const asked = recipients.filter(isWaiting).map(({ address }) => suppressionForm(address));
      const listed = new Set(await store.suppressions.suppressed(asked, connection, clock().getTime()));
      if (listed.size === 0) return recipients;
      return recipients.map((recipient) =>
        isWaiting(recipient) && listed.has(suppressionForm(recipient.address))
          ? { ...recipient, state: "suppressed" }
          : recipient,
      );
    },

    async learn({ name, delivery }, before, after) {
      if (name === null || delivery.suppressRefused !== true) return;
      const asked = new Set(before.filter(isWaiting).map(({ address }) => address));
      const now = clock();
      for (const { address, state, reply } of after) {
        if (state !== "rejected" || reply === null || !asked.has(address) || !saysNobodyIsThere(reply)) continue;
        const entry: SuppressionRecord = {
          id: newId(now),
          address: suppressionForm(address),
          connection: name,
          reason: "refused",
          note: [reply.code, reply.enhancedCode, reply.text].filter((part) => part !== undefined).join(" "),
          createdAt: now.getTime(),
          expiresAt: null,
        };
        // What became of the message is written down already. What is missed here is learnt the next time.
        await store.suppressions.add(entry).catch(() => {});
      }
    },
  };
}

/**
 * The form addresses are compared in. Mail for Ada@ and ada@ may by the letter go to two people (RFC 5321 section 2.4), and
 * is sent as it is written; but who asked to be left alone under one of them means both.
 */
export function suppressionForm(address: string): string {
  return address.toLowerCase();
}

/**
 * RFC 3463: no such mailbox, no such system, not an address, moved away, takes no mail (RFC 7505), disabled. A policy
 * (5.7.1), a full mailbox (5.2.2) or a sender nobody likes (5.1.8) says nothing against the address.
 */
const NOBODY_IS_THERE: ReadonlySet<string> = new Set(["5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"]);

/** Without an enhanced code the three replies of RFC 5321 section 4.2.3 that are about a mailbox. */
function saysNobodyIsThere({ code, enhancedCode }: SmtpReply): boolean {
  if (enhancedCode !== undefined) return NOBODY_IS_THERE.has(enhancedCode);
  return code === 550 || code === 551 || code === 553;
}
