import type { Address } from "@edgepost/core";
import { describe, expect, test } from "vitest";
import { addressField } from "../../../packages/core/src/mime/address-field.ts";

const to = (...addresses: Address[]) => addressField("To", addresses);

describe("a display name", () => {
  const address = "ada@example.com";
  const written = {
    "Ada Lovelace": "Ada Lovelace <ada@example.com>",
    "Lovelace, Ada": '"Lovelace, Ada" <ada@example.com>',
    "Ada B. Lovelace": '"Ada B. Lovelace" <ada@example.com>',
    'Ada "Countess" \\ Lovelace': '"Ada \\"Countess\\" \\\\ Lovelace" <ada@example.com>',
    "eve@example.com": '"eve@example.com" <ada@example.com>',
    "<eve@example.com>,": '"<eve@example.com>," <ada@example.com>',
    "Zoë, the Writer": "=?utf-8?Q?Zo=C3=AB=2C_the_Writer?= <ada@example.com>",
    "=?utf-8?Q?Eve?=": "=?utf-8?B?PT91dGYtOD9RP0V2ZT89?= <ada@example.com>",
    " Ada": "=?utf-8?Q?_Ada?= <ada@example.com>",
    "Ada  Lovelace": "=?utf-8?Q?Ada__Lovelace?= <ada@example.com>",
    "": "ada@example.com",
  };
  for (const [name, expected] of Object.entries(written)) {
    test(JSON.stringify(name), () => expect(to({ name, address })).toBe(`To: ${expected}`));
  }

  test("too long for a quoted string on one line is encoded", () => {
    const field = to({ name: `${"Ada, ".repeat(40)}end`, address });
    expect(field).not.toContain('"');
    for (const line of field.split("\r\n")) expect(line.length).toBeLessThanOrEqual(76);
  });
});

test("in a group, where readers end it at any semicolon, a name with one is encoded", () => {
  const members = [{ name: "Ada; Grace", address: "ada@example.com" }];
  expect(to({ group: "Team", members })).toBe("To: Team: =?utf-8?Q?Ada=3B_Grace?= <ada@example.com>;");
});

test("a name without a space, longer than a line, is encoded", () => {
  const field = to({ name: "a".repeat(2000), address: "ada@example.com" });
  for (const line of field.split("\r\n")) expect(line.length).toBeLessThanOrEqual(76);
});

test("an address is never encoded, and stands in UTF-8 when its local part needs it", () => {
  expect(to({ name: "Jörg", address: "jörg@example.com" })).toBe("To: =?utf-8?B?SsO2cmc=?= <jörg@example.com>");
  expect(to({ address: '"john doe"@example.com' })).toBe('To: "john doe"@example.com');
});

test("mailboxes stay together when the field is folded", () => {
  const people = Array.from({ length: 5 }, (_, index) => ({
    name: `Person Number ${index}`,
    address: `p${index}@example.com`,
  }));
  expect(to(...people).split("\r\n")).toEqual([
    "To: Person Number 0 <p0@example.com>, Person Number 1 <p1@example.com>,",
    " Person Number 2 <p2@example.com>, Person Number 3 <p3@example.com>,",
    " Person Number 4 <p4@example.com>",
  ]);
});

test("groups, empty ones too", () => {
  const members = [{ address: "a@example.com" }, { name: "B", address: "b@example.com" }];
  expect(
    to({ group: "Team", members }, { address: "c@example.com" }, { group: "undisclosed-recipients", members: [] }),
  ).toBe("To: Team: a@example.com, B <b@example.com>;, c@example.com,\r\n undisclosed-recipients:;");
});

describe("the name of a group", () => {
  const members = [{ address: "a@example.com" }];

  test("in encoded words has a space before its colon, as RFC 2047 demands", () => {
    expect(to({ group: "Zoë", members })).toBe("To: =?utf-8?Q?Zo=C3=AB?= : a@example.com;");
    expect(to({ group: "Zoë", members: [] })).toBe("To: =?utf-8?Q?Zo=C3=AB?= :;");
  });

  test("is never in B, which some decode and read again", () => {
    expect(to({ group: "漢字 <eve@example.com>", members })).not.toContain("?B?");
  });
});
