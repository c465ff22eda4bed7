import type { Mailbox } from "@edgepost/core";
import { formatAddress, isMailError, parseAddress, parseAddressList } from "@edgepost/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

const anyText = fc.string({
  unit: fc.oneof(
    fc.constantFrom(...'"\\,;:<>()[]@.=? \t\u0001\u202e'),
    fc.constantFrom("é", "李", "😀"),
    fc.string({ minLength: 1, maxLength: 1 }),
  ),
  maxLength: 30,
});
const name = anyText.map((text) => text.replace(/[\r\n\0]/g, "").trim()).filter((text) => text !== "");

const atom = fc.string({ unit: fc.constantFrom(..."abcXYZ019!#$%&'*+-/^_`{|}~öж"), minLength: 1, maxLength: 8 });
const dotAtom = fc.array(atom, { minLength: 1, maxLength: 3 }).map((atoms) => atoms.join("."));
const quoted = fc
  .string({ unit: fc.constantFrom(...'ab @,:()[]."\\'), minLength: 1, maxLength: 12 })
  .map((text) => `"${text.replace(/["\\]/g, "\\$&")}"`);
const domain = fc.oneof(
  fc.domain(),
  fc.ipV4().map((address) => `[${address}]`),
  fc.constantFrom("[IPv6:2001:db8::1]", "localhost"),
);
const address = fc.tuple(fc.oneof(dotAtom, quoted), domain).map(([local, host]) => `${local}@${host}`);
/** As parsing gives it: in the one form that every way of writing it comes to. */
const canonical = address.map((written) => parseAddress({ address: written }).address);
const mailbox: fc.Arbitrary<Mailbox> = fc.oneof(
  fc.record({ address: canonical }),
  fc.record({ name, address: canonical }),
);

describe("any mailbox", () => {
  it("comes back from what formatAddress makes of it", () => {
    fc.assert(
      fc.property(mailbox, (one) => {
        expect(parseAddress(formatAddress(one))).toEqual(one);
      }),
      { numRuns: 500 },
    );
  });

  it("survives in a list, a group and objects in arrays", () => {
    fc.assert(
      fc.property(fc.array(mailbox, { minLength: 1, maxLength: 6 }), (all) => {
        const list = all.map(formatAddress).join(" ,(a, b <c@d.example>) ");
        expect(parseAddressList(list)).toEqual(all);
        expect(parseAddressList(`A Group: ${list};`)).toEqual(all);
        expect(parseAddressList([all, [[...all]]])).toEqual([...all, ...all]);
      }),
      { numRuns: 200 },
    );
  });
});

describe("any text", () => {
  it("is addresses or one typed error, and what is read is read again the same", () => {
    const soup = fc.array(
      fc.oneof(anyText, address, fc.constantFrom(",", ";", ":", "<", ">", '"', "(", ")", " ", "\r\n", "a@b.example")),
      { maxLength: 8 },
    );
    fc.assert(
      fc.property(soup, (pieces) => {
        let mailboxes: Mailbox[];
        try {
          mailboxes = parseAddressList(pieces.join(""));
        } catch (error) {
          if (!isMailError(error)) throw error;
          return;
        }
        expect(parseAddressList(`Group: ${mailboxes.map(formatAddress).join(",")};`)).toEqual(mailboxes);
        for (const one of mailboxes) expect(one.address).not.toMatch(/[\r\n\0]/);
      }),
      { numRuns: 1000 },
    );
  });
});
