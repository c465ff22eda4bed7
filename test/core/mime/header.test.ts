import { isMailError } from "@edgepost/core";
import { describe, expect, test } from "vitest";
import { foldField, structuredField, textField } from "../../../packages/core/src/mime/header.ts";

const unfold = (field: string) => field.replaceAll("\r\n", "");
const refused = expect.objectContaining({ code: "invalid-message", phase: "input" });

function errorOf(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return isMailError(error) ? error : undefined;
  }
  return undefined;
}

describe("nothing gets through that would begin a line of its own", () => {
  for (const character of ["\r", "\n", "\0", "\r\n"]) {
    const shown = JSON.stringify(character);
    test(`${shown} in a text`, () => {
      expect(errorOf(() => textField("Subject", `Hi${character}Bcc: eve@example.com`))).toEqual(refused);
    });
    test(`${shown} in a text that is encoded anyway`, () => {
      expect(errorOf(() => textField("Subject", `Grüße${character}Bcc: eve@example.com`))).toEqual(refused);
    });
    test(`${shown} in a token`, () => {
      expect(errorOf(() => structuredField("Message-ID", [`<1@x>${character}Bcc:`]))).toEqual(refused);
    });
    test(`${shown} in an address`, () => {
      expect(errorOf(() => foldField("To", [`a@x${character}`]))).toEqual(refused);
    });
    test(`${shown} in a name`, () => {
      expect(errorOf(() => textField(`X-A${character}Bcc`, "b"))).toEqual(refused);
    });
  }

  test("a name that is not one", () => {
    for (const name of ["", "X A", "X:", "Ü", "X".repeat(77)])
      expect(errorOf(() => textField(name, "a"))).toEqual(refused);
  });

  test("Bcc, whoever asks for it", () => {
    for (const name of ["Bcc", "BCC", "Resent-Bcc"])
      expect(errorOf(() => textField(name, "a@example.com"))).toEqual(refused);
  });

  test("octets outside ASCII where only ASCII may stand", () => {
    expect(errorOf(() => structuredField("Message-ID", ["<ü@example.com>"]))).toEqual(refused);
  });

  test("the names what was refused", () => {
    expect(errorOf(() => textField("Subject", "a\nb"))).toMatchObject({
      issues: [{ path: "Subject", message: "must not contain a line break or NUL" }],
    });
  });
});

describe("folding", () => {
  test("leaves a short field on its line", () => {
    expect(textField("Subject", "Your invoice")).toBe("Subject: Your invoice");
  });

  test("breaks before the word that does not fit, and unfolds to the same text", () => {
    const text = Array.from({ length: 60 }, (_, index) => `word${index}`).join(" ");
    const field = textField("Subject", text);
    expect(unfold(field)).toBe(`Subject: ${text}`);
    for (const line of field.split("\r\n")) expect(line.length).toBeLessThanOrEqual(76);
  });

  test("leaves no line of white space behind, wherever it breaks", () => {
    const field = textField("Subject", `${"a".repeat(66)} b ${"c".repeat(74)} ${"d".repeat(75)} e`);
    for (const line of field.split("\r\n")) expect(line.trim()).not.toBe("");
  });

  test("keeps a long word whole, since it may be a URL", () => {
    const url = `https://example.com/${"a".repeat(200)}`;
    expect(textField("X-Link", url)).toBe(`X-Link: ${url}`);
  });

  test("puts a token behind its name on the next line when both do not fit on one", () => {
    const id = `<${"a".repeat(50)}@example.com>`;
    expect(structuredField("X-A-Rather-Long-Name", [id])).toBe(`X-A-Rather-Long-Name:\r\n ${id}`);
  });

  test("leaves the first word of a text behind its name, since Python would take a fold there for a space", () => {
    expect(textField("X-A-Rather-Long-Name", `${"a".repeat(60)} b`)).toBe(
      `X-A-Rather-Long-Name: ${"a".repeat(60)}\r\n b`,
    );
  });

  test("encodes a text that has no place to fold in 998 octets", () => {
    const field = textField("X-Blob", "a".repeat(3000));
    for (const line of field.split("\r\n")) expect(line.length).toBeLessThanOrEqual(76);
  });

  test("refuses a token that has none", () => {
    expect(errorOf(() => structuredField("References", [`<${"a".repeat(998)}>`]))).toEqual(refused);
    expect(structuredField("References", ["a".repeat(997)])).toBe(`References:\r\n ${"a".repeat(997)}`);
  });

  test("counts octets, not characters, where a line may not be longer", () => {
    expect(errorOf(() => foldField("To", [`${"ü".repeat(499)}@example.com`]))).toEqual(refused);
  });
});

describe("text that is not plain ASCII", () => {
  test("is encoded, and only that", () => {
    expect(textField("Subject", "Rechnung für März und April")).toBe(
      "Subject: Rechnung =?utf-8?B?ZsO8ciBNw6Ryeg==?= und April",
    );
  });

  test("leaves addresses readable that stand in a field of one's own", () => {
    expect(textField("X-Owner", "Ünal <ada@example.com>")).toBe("X-Owner: =?utf-8?B?w5xuYWw=?= <ada@example.com>");
  });

  test("is encoded when it only looks encoded", () => {
    expect(textField("Subject", "=?utf-8?Q?evil?=")).toBe("Subject: =?utf-8?B?PT91dGYtOD9RP2V2aWw/PQ==?=");
  });

  test("keeps spaces at its ends, double spaces and tabs", () => {
    expect(textField("Subject", " a")).toBe("Subject: =?utf-8?Q?_a?=");
    expect(textField("Subject", "a ")).toBe("Subject: =?utf-8?Q?a_?=");
    expect(textField("Subject", "one two  three")).toBe("Subject: one =?utf-8?Q?two__three?=");
    expect(textField("Subject", "a\tb")).toBe("Subject: =?utf-8?B?YQli?=");
    expect(textField("Subject", "   ")).toBe("Subject: =?utf-8?Q?___?=");
  });

  test("may be empty", () => {
    expect(textField("X-Empty", "")).toBe("X-Empty:");
  });
});
