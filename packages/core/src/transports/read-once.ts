import type { OutgoingMail } from "../outgoing.ts";
import { readdress } from "../outgoing.ts";

/** A mail that knows whether a further attempt can still read it. */
export interface WatchedMail {
  readonly mail: OutgoingMail;
  /** True once the bytes of a mail that has them only once were asked for: the next attempt would send less. */
  isSpent(): boolean;
}

/** What to add to the error of a mail that is spent. */
export const SPENT = "a part of the message is a stream that can be read only once, and was";

export function watchReading(mail: OutgoingMail): WatchedMail {
  if (!mail.once) return { mail, isSpent: () => false };
  let spent = false;
  const watched: OutgoingMail = {
    ...readdress(mail, mail.envelope.to),
    bytes(form) {
      spent = true;
      return mail.bytes(form);
    },
    stream(form) {
      spent = true;
      return mail.stream(form);
    },
  };
  return { mail: watched, isSpent: () => spent };
}
