import { describe, expect, test } from "vitest";
import { bdat, encodeAuthLine, encodeCommands, mailFrom, rcptTo } from "../../../packages/core/src/smtp/command.ts";

const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

describe("MAIL and RCPT", () => {
  test("carry bare addresses", () => {
    expect(mailFrom("ada@example.com")).toBe("MAIL FROM:<ada@example.com>");
    expect(mailFrom("")).toBe("MAIL FROM:<>");
    expect(rcptTo('"o o"@example.com')).toBe('RCPT TO:<"o o"@example.com>');
  });

  test("carry their parameters", () => {
    expect(
      mailFrom("a@x", {
        size: 123,
        body: "8BITMIME",
        smtpUtf8: true,
        requireTls: true,
        ret: "HDRS",
        envId: "QQ+314=159",
      }),
    ).toBe("MAIL FROM:<a@x> SIZE=123 BODY=8BITMIME SMTPUTF8 REQUIRETLS RET=HDRS ENVID=QQ+2B314+3D159");
    expect(rcptTo("a+b@x", { notify: ["success", "delay"], originalRecipient: true })).toBe(
      "RCPT TO:<a+b@x> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;a+2Bb@x",
    );
    expect(rcptTo("a@x", { notify: "never" })).toBe("RCPT TO:<a@x> NOTIFY=NEVER");
    const forged = ["success ORCPT=rfc822;eve@x"] as unknown as ["success"]; // JavaScript checks no types
    expect(() => rcptTo("a@x", { notify: forged })).toThrow(/NOTIFY/);
  });

  test("leave out what was not asked for", () => {
    expect(mailFrom("a@x", { size: undefined, smtpUtf8: false, requireTls: false })).toBe("MAIL FROM:<a@x>");
    expect(rcptTo("a@x", { originalRecipient: false })).toBe("RCPT TO:<a@x>");
  });

  test("write xtext for octets, and code points for internationalised addresses", () => {
    expect(mailFrom("a@x", { envId: "a b\u00e9" })).toBe("MAIL FROM:<a@x> ENVID=a+20b+C3+A9");
    expect(rcptTo("grüße+1@x", { originalRecipient: true })).toBe(
      "RCPT TO:<grüße+1@x> ORCPT=utf-8;gr\\x{FC}\\x{DF}e\\x{2B}1@x",
    );
  });

  test.each(["a@x> SIZE=1 BODY=<b@x", "<a@x", "a>b@x", '"a>b"@x'])("refuse %j, which would end the path", (address) => {
    for (const command of [mailFrom, rcptTo]) {
      expect(() => command(address)).toThrow(expect.objectContaining({ code: "invalid-message", phase: "input" }));
    }
  });
});

describe("what is written", () => {
  test("ends every line with CRLF", () => {
    expect(decode(encodeCommands(["MAIL FROM:<a@x>", bdat(3, true)], new Uint8Array([1, 2, 3])))).toBe(
      "MAIL FROM:<a@x>\r\nBDAT 3 LAST\r\n\u0001\u0002\u0003",
    );
    expect(decode(encodeCommands([bdat(3, false)]))).toBe("BDAT 3\r\n");
    expect(decode(encodeAuthLine("*"))).toBe("*\r\n");
  });

  test.each(["\r", "\n", "\0", "\r\n", "\u007f", "\t", "\u001b"])("never holds %j inside a line", (control) => {
    const line = `RCPT TO:<a${control}RSET@x>`;
    expect(() => encodeCommands([line])).toThrow(
      expect.objectContaining({ code: "invalid-message", retryable: false }),
    );
    expect(() => encodeAuthLine(line)).toThrow("control character");
  });

  test("makes no line break of characters whose low octets are CR and LF (CVE-2025-7962)", () => {
    expect(decode(encodeCommands([rcptTo("\u760d\u760a@x")]))).toBe("RCPT TO:<\u760d\u760a@x>\r\n");
  });

  test("is no longer than a server has to read", () => {
    expect(encodeCommands(["x".repeat(2_046)])).toHaveLength(2_048);
    expect(() => encodeCommands(["x".repeat(2_047)])).toThrow("longer than 2048 octets");
    expect(() => encodeCommands(["ü".repeat(1_024)])).toThrow("longer than 2048 octets");
    expect(encodeAuthLine("x".repeat(12_286))).toHaveLength(12_288);
    expect(() => encodeAuthLine("x".repeat(12_287))).toThrow("longer than 12288 octets");
  });
});
