import type { Address, Mailbox } from "../message/message.ts";
import { encodeWords } from "./encoded-word.ts";
import { foldField, LINE_LENGTH, refuseLineBreaks } from "./header.ts";

/** RFC 5322 section 3.2.3: atoms that fit on a line, with one space between them. */
const ATOMS = /^[\w!#$%&'*+\-/=?^`{|}~]{1,70}(?: [\w!#$%&'*+\-/=?^`{|}~]{1,70})*$/;
/** What a quoted string can hold. One space at a time and none at the ends: readers trim and squeeze them. */
const QUOTABLE = /^[!-~]+(?: [!-~]+)*$/;
const MAX_QUOTED_LENGTH = 70;

/** An address field (RFC 5322 section 3.4), folded between mailboxes wherever one fits on a line. */
export function addressField(name: string, addresses: readonly Address[]): string {
  const firstLength = LINE_LENGTH - name.length - 2;
  const entries = addresses.flatMap((address, index) => {
    const separator = index < addresses.length - 1 ? "," : "";
    if (!("group" in address)) return [end(mailbox(name, address, firstLength), separator)];
    const members = address.members.map((member, at) =>
      end(memberOf(name, member, firstLength), at < address.members.length - 1 ? "," : `;${separator}`),
    );
    const colon = members.length === 0 ? `:;${separator}` : ":";
    return [groupName(name, address.group, colon, firstLength), ...members];
  });
  return foldField(name, entries.flatMap(fitted));
}

function mailbox(field: string, { name, address }: Mailbox, firstLength: number): string[] {
  return name === undefined || name === "" ? [address] : [...phrase(field, name, firstLength), `<${address}>`];
}

/** A semicolon in quotes is the end of the group to postal-mime and mailparser: such a name is encoded. */
function memberOf(field: string, member: Mailbox, firstLength: number): string[] {
  const { name, address } = member;
  return name?.includes(";")
    ? [...encodeWords(name, firstLength, "Q"), `<${address}>`]
    : mailbox(field, member, firstLength);
}

/**
 * A space parts encoded words from the colon (RFC 2047 section 5(3)). They are Q, whatever is shorter: what stands alone
 * in B, mailparser decodes and reads once more, and takes `<eve@example.com>` in it for a recipient.
 */
function groupName(field: string, name: string, colon: string, firstLength: number): string[] {
  const tokens = phrase(field, name, firstLength, "Q");
  return tokens[0]?.startsWith("=?") ? [...tokens, colon] : end(tokens, colon);
}

/** A display name as tokens: atoms, else a quoted string, else encoded words, which may never stand inside quotes. */
function phrase(field: string, name: string, firstLength: number, encoding?: "Q"): string[] {
  refuseLineBreaks(field, name);
  const looksEncoded = name.includes("=?");
  if (!looksEncoded && ATOMS.test(name)) return name.split(" ");
  const quoted = `"${name.replace(/["\\]/g, "\\$&")}"`;
  if (!looksEncoded && QUOTABLE.test(name) && quoted.length <= MAX_QUOTED_LENGTH) return [quoted];
  return encodeWords(name, firstLength, encoding);
}

function end(tokens: readonly string[], separator: string): string[] {
  return tokens.map((token, index) => (index === tokens.length - 1 ? token + separator : token));
}

/** A mailbox that fits on a line stays together. */
function fitted(tokens: readonly string[]): readonly string[] {
  const whole = tokens.join(" ");
  return whole.length < LINE_LENGTH ? [whole] : tokens;
}
