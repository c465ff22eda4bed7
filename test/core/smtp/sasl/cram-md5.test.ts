import { createHmac } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createCramMd5 } from "../../../../packages/core/src/smtp/sasl/cram-md5.ts";
import { hmacMd5 } from "../../../../packages/core/src/smtp/sasl/md5.ts";
import { bytes, text } from "./dialogue.ts";

describe("CRAM-MD5", () => {
  it("answers the challenge of RFC 2195", async () => {
    const mechanism = createCramMd5({ username: "tim", password: "tanstaaftanstaaf" });

    expect(mechanism.start()).toBeUndefined();
    expect(text(await mechanism.next(bytes("<1896.697170952@postoffice.reston.mci.net>")))).toBe(
      "tim b913a602c7eda7a495b4e6e7334d3890",
    );
  });

  it("signs one challenge only, so that a server cannot collect answers", async () => {
    const mechanism = createCramMd5({ username: "tim", password: "secret" });
    await mechanism.next(bytes("<1@a>"));

    expect(() => mechanism.next(bytes("<2@a>"))).toThrow(expect.objectContaining({ code: "protocol-error" }));
  });
});

describe("HMAC-MD5", () => {
  const repeat = (byte: number, count: number) => new Uint8Array(count).fill(byte);

  it.each([
    [repeat(0x0b, 16), bytes("Hi There"), "9294727a3638bb1c13f48ef8158bfc9d"],
    [bytes("Jefe"), bytes("what do ya want for nothing?"), "750c783e6ab0b503eaa86e310a5db738"],
    [repeat(0xaa, 16), repeat(0xdd, 50), "56be34521d144c88dbb8c733f0e8b3f6"],
    [
      repeat(0xaa, 80),
      bytes("Test Using Larger Than Block-Size Key - Hash Key First"),
      "6b1ab7fe4bd7bf8f0b62e6ce61b9d0cd",
    ],
  ])("agrees with RFC 2202 (%#)", (key, message, digest) => {
    expect(Buffer.from(hmacMd5(key, message)).toString("hex")).toBe(digest);
  });

  it("agrees with OpenSSL for keys and messages of every length around the block", () => {
    const octets = fc.uint8Array({ maxLength: 200 });
    fc.assert(
      fc.property(octets, octets, (key, message) => {
        expect(Buffer.from(hmacMd5(key, message))).toEqual(createHmac("md5", key).update(message).digest());
      }),
    );
  });
});
