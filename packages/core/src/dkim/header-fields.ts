/**
 * Which header fields a signature covers (RFC 6376 section 5.4.1), one entry of `h=` for each.
 */

/**
 * Signed where they are present: what a reader sees or answers to, what makes the body mean what it means, and the list
 * fields, of which mailbox providers want List-Unsubscribe-Post (RFC 8058 section 4) and Feedback-ID signed.
 */
export const DEFAULT_HEADERS: readonly string[] = [
  "From",
  "Sender",
  "Reply-To",
  "To",
  "Cc",
  "Subject",
  "Date",
  "Message-ID",
  "In-Reply-To",
  "References",
  "MIME-Version",
  "Content-Type",
  "Content-Transfer-Encoding",
  "Auto-Submitted",
  "Feedback-ID",
  "List-Id",
  "List-Help",
  "List-Unsubscribe",
  "List-Unsubscribe-Post",
  "List-Subscribe",
  "List-Post",
  "List-Owner",
  "List-Archive",
  "Resent-From",
  "Resent-To",
  "Resent-Cc",
  "Resent-Date",
  "Resent-Message-ID",
];

/**
 * Listed once more than they are present, so that adding another one breaks the signature (section 8.15): a replayed
 * message must not get a second Subject or a Reply-To. Not the list fields, which an honest mailing list adds.
 */
export const DEFAULT_OVER_SIGNED: readonly string[] = [
  "From",
  "Reply-To",
  "To",
  "Cc",
  "Subject",
  "Date",
  "Message-ID",
  "MIME-Version",
  "Content-Type",
  "Content-Transfer-Encoding",
];

export interface SelectedFields {
  /** The entries of `h=`. */
  readonly names: readonly string[];
  /** The fields they stand for, in the same order; an over-signed name stands for none. */
  readonly fields: readonly string[];
}

/** Of a name that occurs several times the last field comes first: relays add theirs on top (section 5.4.2). */
export function selectFields(
  fields: readonly string[],
  signed: readonly string[],
  overSigned: readonly string[],
): SelectedFields {
  const names: string[] = [];
  const selected: string[] = [];
  const once = new Map([...signed, ...overSigned].map((name) => [name.toLowerCase(), name]));
  const extra = new Set(overSigned.map((name) => name.toLowerCase()));

  for (const [lowerCase, name] of once) {
    const present = fields.filter((field) => fieldName(field) === lowerCase).reverse();
    names.push(...present.map(() => name));
    selected.push(...present);
    if (extra.has(lowerCase)) names.push(name);
  }
  return { names, fields: selected };
}

/** Of a line without a colon, as raw messages may have one, there is none. */
function fieldName(field: string): string {
  return field
    .slice(0, Math.max(field.indexOf(":"), 0))
    .trimEnd()
    .toLowerCase();
}
