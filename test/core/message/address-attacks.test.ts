/**
 * What others were attacked with. Each input is either read the one way RFC 5322 reads it, or refused; never is somebody
 * a recipient who was not written as one.
 */
import { parseAddressList } from "@edgepost/core";
import { describe, expect, it } from "vitest";
import { issuesOf } from "../../support/issues.ts";

describe("is read right:", () => {
  it.each<[story: string, input: Parameters<typeof parseAddressList>[0], addresses: string[]]>([
    [
      "an address in a quoted local part (CVE-2025-13033)",
      '"eve@evil.example x"@internal.example',
      ['"eve@evil.example x"@internal.example'],
    ],
    ["an address in angle brackets as a quoted name", '"<eve@evil.example>" <ada@example.com>', ["ada@example.com"]],
    ["an address as a quoted name", '"eve@evil.example" <ada@example.com>', ["ada@example.com"]],
    ["a trailing comment that looks like the domain going on", "ada@example.com(.evil.example)", ["ada@example.com"]],
    ["a comment that holds an address", "(eve@evil.example) ada@example.com (<eve@evil.example>)", ["ada@example.com"]],
    ["an escaped quote before the end of a name", '"Ada\\" <eve@evil.example>" <ada@example.com>', ["ada@example.com"]],
    [
      "an encoded word that hides an address in a name",
      "=?utf-8?q?eve=40evil.example=3E?= <ada@example.com>",
      ["ada@example.com"],
    ],
    ["a route through somebody else", "<@evil.example:ada@example.com>", ["ada@example.com"]],
    ["an at sign in quotes", '"a@b"@example.com', ['"a@b"@example.com']],
    ["a fullwidth at sign, which is a letter", "a＠evil@example.com", ["a＠evil@example.com"]],
    [
      "a name of an object with an address in it",
      { name: "x, eve@evil.example", address: "ada@example.com" },
      ["ada@example.com"],
    ],
  ])("%s", (_story, input, addresses) => {
    expect(parseAddressList(input).map(({ address }) => address)).toEqual(addresses);
  });

  it("an encoded word in a name is the text somebody typed", () => {
    expect(parseAddressList("=?utf-8?q?Ada?= <ada@example.com>")).toEqual([
      { name: "=?utf-8?q?Ada?=", address: "ada@example.com" },
    ]);
  });

  it("a key called __proto__ is a key, and an unknown one", () => {
    const mailbox = JSON.parse('{ "address": "ada@example.com", "__proto__": { "name": "Eve" } }');
    expect(issuesOf(() => parseAddressList(mailbox))).toEqual([{ path: "__proto__", message: "is not a known field" }]);
  });

  it("what a polluted prototype offers is not read", () => {
    Object.defineProperty(Object.prototype, "email", { value: "eve@evil.example", configurable: true });
    try {
      expect(issuesOf(() => parseAddressList({ name: "Ada" } as never))).toEqual([
        { path: "address", message: "is missing" },
      ]);
    } finally {
      Reflect.deleteProperty(Object.prototype, "email");
    }
  });

  it("a getter answers once", () => {
    let asked = 0;
    const mailbox = {
      get address() {
        return asked++ === 0 ? "ada@example.com" : "eve@evil.example";
      },
    };
    expect(parseAddressList(mailbox)).toEqual([{ address: "ada@example.com" }]);
    expect(asked).toBe(1);
  });
});

describe("is refused:", () => {
  it.each([
    ["two at signs", "a@b@example.com"],
    ["two at signs in angle brackets", "<a@b@example.com>"],
    ["an unquoted address as a name", "eve@evil.example <ada@example.com>"],
    ["two addresses in angle brackets", "<eve@evil.example> <ada@example.com>"],
    ["an address behind angle brackets", "<ada@example.com> eve@evil.example"],
    ["angle brackets inside angle brackets", "<<eve@evil.example>ada@example.com>"],
    ["two addresses and no comma", "eve@evil.example ada@example.com"],
    ["a list in angle brackets", "<ada@example.com,eve@evil.example>"],
    ["a group inside a group", "A: B: eve@evil.example;;"],
    ["a group that is not closed", "A: eve@evil.example"],
    ["an address behind a group", "A: ada@example.com; eve@evil.example"],
    ["a group without a name", ": eve@evil.example;"],
    ["semicolons between addresses", "ada@example.com; eve@evil.example"],
    // In the header `Ada <"<eve@evil.example>"@internal.example>` postal-mime and mailparser see Eve.
    ["an address in angle brackets in a quoted local part", '"<eve@evil.example>, x"@internal.example'],
    // In `A: "x;,eve@evil.example"@internal.example;` they take the semicolon for the end of the group.
    ["a semicolon in a quoted local part", '"x;,eve@evil.example"@internal.example'],
    ["an encoded word in a local part", "=?utf-8?q?eve=40evil.example=3E=00?=@example.com"],
    ["an encoded word in a quoted local part", '"=?utf-8?q?eve?="@example.com'],
    ["an encoded word as a domain", "ada@=?utf-8?q?evil.example?="],
    ["a line break between addresses", "ada@example.com\r\neve@evil.example"],
    ["a line break in a quoted string", '"a\r\nBcc: eve@evil.example" <ada@example.com>'],
    ["a line break in a group", "A: ada@example.com,\r\n eve@evil.example;"],
    ["a line break in a comment", "ada@example.com (\r\n)"],
    ["a folded line", "Ada\r\n <ada@example.com>"],
    ["a lone CR", "ada@example.com\r"],
    ["a lone LF", "\nada@example.com"],
    ["NUL", "ada@example.com\0.evil.example"],
    ["NUL, escaped in quotes", '"\\\0"@example.com'],
    ["a control character in a local part", '"a\u0001b"@example.com'],
    ["an invisible character in a local part", "ad\u200ba@example.com"],
    ["a filler without a picture in a local part", "ada\u3164@example.com"],
    ["a joiner of graphemes in a local part", "ad\u034fa@example.com"],
    ["a tag character in a local part", "ada\u{e0061}@example.com"],
    ["a no-break space in a local part", '"ad\u00a0a"@example.com'],
    ["a direction override in a local part", "ada\u202e@example.com"],
    ["half a surrogate pair in a local part", "ada\ud83d@example.com"],
    ["half a surrogate pair in a domain", "ada@exa\udc00mple.com"],
    ["an empty local part", "@example.com"],
    ["an empty quoted local part", '""@example.com'],
    ["a dot at the start of a local part", ".ada@example.com"],
    ["a dot at the end of a local part", "ada.@example.com"],
    ["two dots in a row", "a..b@example.com"],
    ["an empty domain", "ada@"],
    ["a dot at the end of a domain", "ada@example.com."],
    ["two dots in a domain", "ada@example..com"],
    ["a hyphen at the start of a label", "ada@-example.com"],
    ["an underscore in a domain", "ada@ex_ample.com"],
    ["a quoted domain", 'ada@"example.com"'],
    ["a port", "ada@example.com:25"],
    ["a path", "ada@example.com/x"],
    ["a fullwidth slash", "ada@example.com／evil"],
    ["a character that maps to a slash", "ada@example.com℀evil.example"],
    ["percent-encoding", "ada@example%2ecom"],
    ["a fullwidth percent sign", "ada@example％2ecom"],
    ["a query", "ada@example.com?x"],
    ["a backslash", "ada@evil.example\\.example.com"],
    ["an IPv4 address as a name", "ada@127.0.0.1"],
    ["an IPv4 address in hexadecimal", "ada@0x7f.1"],
    ["an IPv4 address as one number", "ada@2130706433"],
    ["an IPv4 address in fullwidth digits", "ada@１２７.0.0.1"],
    ["a number as top level", "ada@example.123"],
    ["an A-label that hides ASCII", "ada@xn--example-.com"],
    ["an IPv4 literal out of range", "ada@[256.0.0.1]"],
    ["an IPv4 literal with leading zeros", "ada@[127.0.0.01]"],
    ["an IPv6 literal without its tag", "ada@[::1]"],
    ["an IPv6 literal with a zone", "ada@[IPv6:fe80::1%eth0]"],
    ["a literal of another kind", "ada@[x:y]"],
    ["a literal that is not closed", "ada@[127.0.0.1"],
    ["a quoted string that is not closed", '"ada@example.com'],
    ["a comment that is not closed", "ada@example.com (x"],
    ["a closing parenthesis alone", "ada@example.com)"],
    ["a name alone", "Ada"],
    ["nothing", ""],
    ["white space alone", " \t "],
  ])("%s", (_story, text) => {
    expect(issuesOf(() => parseAddressList(text)).length).toBeGreaterThan(0);
    expect(issuesOf(() => parseAddressList({ address: text })).length).toBeGreaterThan(0);
    expect(issuesOf(() => parseAddressList(["ok@example.com", text]))[0]?.path).toBe("[1]");
  });

  it.each([
    ["a list in an object", { address: "ada@example.com, eve@evil.example" }],
    ["a group in an object", { address: "A: eve@evil.example;" }],
    ["a second name in an object", { name: "Ada", address: "Eve <ada@example.com>" }],
    ["a line break in a name", { name: "Ada\nBcc: eve@evil.example", address: "ada@example.com" }],
    ["address and email at once", { address: "ada@example.com", email: "eve@evil.example" }],
    ["a number", 7],
    ["null", null],
    ["a Map", new Map([["address", "ada@example.com"]])],
    ["a promise", Promise.resolve("ada@example.com")],
    ["a String object", Object("ada@example.com")],
    ["a hole in an array", new Array(1)],
    ["an address that is an array", { address: ["ada@example.com"] }],
  ])("%s", (_story, input) => {
    expect(issuesOf(() => parseAddressList(input as never)).length).toBeGreaterThan(0);
  });
});
