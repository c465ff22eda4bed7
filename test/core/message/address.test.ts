import { formatAddress, parseAddress, parseAddressList } from "@edgepost/core";
import { describe, expect, it } from "vitest";
import type { Issue } from "../../../packages/core/src/errors.ts";
import { parseAddresses } from "../../../packages/core/src/message/address.ts";
import { issuesOf } from "../../support/issues.ts";

const ADA = { name: "Ada", address: "ada@example.com" };
const GRACE = { address: "grace@example.com" };

describe("addresses are read", () => {
  it.each<[story: string, input: Parameters<typeof parseAddressList>[0], mailboxes: unknown[]]>([
    ["a bare address", "grace@example.com", [GRACE]],
    ["an address in angle brackets", "<grace@example.com>", [GRACE]],
    ["a name and an address", "Ada <ada@example.com>", [ADA]],
    ["a name of several words", "Ada  King\tLovelace <ada@example.com>", [{ ...ADA, name: "Ada King Lovelace" }]],
    [
      "a quoted name with comma and escapes",
      '"Lovelace, \\"Ada\\" \\\\" <ada@example.com>',
      [{ ...ADA, name: 'Lovelace, "Ada" \\' }],
    ],
    ["a name outside ASCII", "Zoë 李 <ada@example.com>", [{ ...ADA, name: "Zoë 李" }]],
    [
      "an initial with a dot, as people write it",
      "John Q. Public <ada@example.com>",
      [{ ...ADA, name: "John Q. Public" }],
    ],
    ["a quoted name beside words", '"King" of Code <ada@example.com>', [{ ...ADA, name: "King of Code" }]],
    ["an empty quoted name", '"" <grace@example.com>', [GRACE]],
    ["a list", "Ada <ada@example.com>, grace@example.com", [ADA, GRACE]],
    ["a list with empty elements (obs-addr-list)", " , ,grace@example.com,,", [GRACE]],
    ["a group", "Team: Ada <ada@example.com>, grace@example.com;", [ADA, GRACE]],
    [
      "a group among others, and an empty one",
      'grace@example.com, "The Team": Ada <ada@example.com>;, Nobody:;',
      [GRACE, ADA],
    ],
    ["comments wherever they may stand", "(a) Ada (b) <(c)ada(d)@(e)example.com(f)> (g)", [ADA]],
    ["nested comments with escaped parentheses", "grace@example.com (one (two \\) \\( three))", [GRACE]],
    [
      "spaces around dots (obs-local-part, obs-domain)",
      "ada . king @ example . com",
      [{ address: "ada.king@example.com" }],
    ],
    ["a route (obs-route)", "Ada <@relay.example,,@other.example:ada@example.com>", [ADA]],
    ["a quoted local part", '"ada king"@example.com', [{ address: '"ada king"@example.com' }]],
    ["a quoted local part that needs no quotes", '"ada"@example.com', [{ address: "ada@example.com" }]],
    [
      "words and quoted words with dots between",
      '"ada".king."x y"@example.com',
      [{ address: '"ada.king.x y"@example.com' }],
    ],
    ["all of atext", "!#$%&'*+-/=?^_`{|}~@example.com", [{ address: "!#$%&'*+-/=?^_`{|}~@example.com" }]],
    ["an IPv4 literal", "ada@[192.0.2.1]", [{ address: "ada@[192.0.2.1]" }]],
    ["an IPv6 literal", "ada@[ipv6:2001:DB8:0::1]", [{ address: "ada@[IPv6:2001:db8::1]" }]],
    ["a single label", "root@localhost", [{ address: "root@localhost" }]],
    ["an object", { name: "Ada", address: "ada@example.com" }, [ADA]],
    ["an object with email", { email: "grace@example.com" }, [GRACE]],
    ["an object without a prototype", Object.assign(Object.create(null), ADA), [ADA]],
    ["an object whose name is blank", { name: "  ", address: "grace@example.com" }, [GRACE]],
    [
      "arrays in arrays, of all forms",
      [["Ada <ada@example.com>", [[GRACE]]], "T: ada@example.com;", []],
      [ADA, GRACE, { address: "ada@example.com" }],
    ],
  ])("as %s", (_story, input, mailboxes) => {
    expect(parseAddressList(input)).toEqual(mailboxes);
  });

  it("with their groups kept for the header", () => {
    const issues: Issue[] = [];
    const addresses = parseAddresses(["Team: Ada <ada@example.com>;", "Undisclosed:;", GRACE], "to", issues);
    expect(issues).toEqual([]);
    expect(addresses).toEqual([{ group: "Team", members: [ADA] }, { group: "Undisclosed", members: [] }, GRACE]);
  });

  it("one at a time by parseAddress, and never two", () => {
    expect(parseAddress("Team: grace@example.com;")).toEqual(GRACE);
    expect(issuesOf(() => parseAddress("a@example.com, b@example.com"))).toHaveLength(1);
    expect(issuesOf(() => parseAddress([]))).toHaveLength(1);
  });

  it("with all that is wrong told at once, each by its place", () => {
    const issues = issuesOf(() =>
      parseAddressList(["nobody, a@@b.example, ok@example.com", { name: 1, address: "x" } as never, [null as never]]),
    );
    expect(issues.map(({ path }) => path)).toEqual(["[0]", "[0]", "[1].name", "[1].address", "[2][0]"]);
  });
});

describe("domains", () => {
  it.each([
    ["are lower case, local parts are as given", "Ada@EXAMPLE.Com", "Ada@example.com"],
    ["go to their A-label", "ada@münchen.example", "ada@xn--mnchen-3ya.example"],
    ["keep ß and final sigma (non-transitional UTS-46)", "ada@faß.example", "ada@xn--fa-hia.example"],
    ["keep a dotless i apart from i", "ada@mıcrosoft.example", "ada@xn--mcrosoft-tkb.example"],
    ["see through fullwidth letters", "ada@ｅｘａｍｐｌｅ.com", "ada@example.com"],
    ["see through ideographic and fullwidth dots", "ada@example。com．au｡au", "ada@example.com.au.au"],
    ["see through soft hyphens", "ada@exam\u00adple.com", "ada@example.com"],
    ["take a valid A-label", "ada@XN--MNCHEN-3YA.example", "ada@xn--mnchen-3ya.example"],
    ["leave a local part outside ASCII alone", "Jörg@münchen.example", "Jörg@xn--mnchen-3ya.example"],
  ])("%s", (_story, written, address) => {
    expect(parseAddressList(written)).toEqual([{ address }]);
  });
});

describe("limits", () => {
  const label = "a".repeat(63);

  it.each([
    ["64 octets of local part", `${"a".repeat(64)}@b.example`, `${"a".repeat(65)}@b.example`],
    ["64 octets, not characters", `${"ö".repeat(32)}@b.example`, `${"ö".repeat(33)}@b.example`],
    ["63 octets of a label", `a@${label}.example`, `a@a${label}.example`],
    ["63 octets of an A-label", `a@${"ö".repeat(53)}.example`, `a@${"ö".repeat(63)}.example`],
    [
      "254 octets of address",
      `a@${`${label}.`.repeat(3)}${"b".repeat(60)}`,
      `a@${`${label}.`.repeat(3)}${"b".repeat(61)}`,
    ],
    ["10,000 addresses of a string", "a@b.co,".repeat(10_000), "a@b.co,".repeat(10_001)],
    ["512 Ki characters of a string", `a@b.example${" ".repeat(524_277)}`, `a@b.example${" ".repeat(524_278)}`],
  ])("are %s", (_limit, within, beyond) => {
    expect(parseAddressList(within).length).toBeGreaterThan(0);
    expect(issuesOf(() => parseAddressList(beyond))).toHaveLength(1);
  });

  it("are 10,000 elements of arrays", () => {
    const list = new Array(10_000).fill("a@b.example");
    expect(parseAddressList(list)).toHaveLength(10_000);
    expect(issuesOf(() => parseAddressList([...list, "a@b.example"]))).toHaveLength(1);
  });

  it("are 16 levels of arrays", () => {
    const nest = (levels: number): never => (levels === 0 ? "a@b.example" : [nest(levels - 1)]) as never;
    expect(parseAddressList(nest(16))).toHaveLength(1);
    expect(issuesOf(() => parseAddressList(nest(17)))).toHaveLength(1);
  });

  it("end an array that contains itself", () => {
    const circle: unknown[] = [];
    circle.push(circle, circle, circle);
    expect(issuesOf(() => parseAddressList(circle as never)).length).toBeGreaterThan(0);
  });
});

describe("formatAddress", () => {
  it.each([
    ["leaves a bare address bare", GRACE, "grace@example.com"],
    ["leaves plain words without quotes", { ...ADA, name: "Ada King-Noel" }, "Ada King-Noel <ada@example.com>"],
    ["quotes what is special", { ...ADA, name: 'Lovelace, "Ada" \\' }, '"Lovelace, \\"Ada\\" \\\\" <ada@example.com>'],
    ["quotes two spaces in a row", { ...ADA, name: "Ada  King" }, '"Ada  King" <ada@example.com>'],
    [
      "quotes dots, which only obsolete syntax allows",
      { ...ADA, name: "John Q. Public" },
      '"John Q. Public" <ada@example.com>',
    ],
    ["keeps names readable in every script", { ...ADA, name: "Zoë 李" }, '"Zoë 李" <ada@example.com>'],
    ["quotes what looks like an encoded word", { ...ADA, name: "=?utf-8?q?x?=" }, '"=?utf-8?q?x?=" <ada@example.com>'],
    ["quotes an address in a name", { ...ADA, name: "<eve@evil.example>" }, '"<eve@evil.example>" <ada@example.com>'],
  ])("%s", (_story, mailbox, written) => {
    expect(formatAddress(mailbox)).toBe(written);
    expect(parseAddress(written)).toEqual(mailbox);
  });

  it("writes nothing that was not checked", () => {
    expect(
      issuesOf(() => formatAddress({ name: "Ada\r\nBcc: eve@evil.example", address: "ada@example.com" }))[0]?.path,
    ).toBe("name");
    expect(issuesOf(() => formatAddress({ address: "ada@example.com>, <eve@evil.example" }))[0]?.path).toBe("address");
  });
});
