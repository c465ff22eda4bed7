import { describe, expect, it } from "vitest";
import { createLogin } from "../../../../packages/core/src/smtp/sasl/login.ts";
import { createPlain } from "../../../../packages/core/src/smtp/sasl/plain.ts";
import { bytes, text } from "./dialogue.ts";

describe("PLAIN", () => {
  it("writes the example of RFC 4616", async () => {
    const mechanism = createPlain({ username: "tim", password: "tanstaaftanstaaf" });

    expect(text(await mechanism.start())).toBe("\0tim\0tanstaaftanstaaf");
  });

  it("writes names and passwords of any script as UTF-8", async () => {
    const mechanism = createPlain({ username: "grüße", password: "пароль 🔑" });

    expect(await mechanism.start()).toEqual(new Uint8Array(Buffer.from("\0grüße\0пароль 🔑", "utf8")));
  });

  it("has no answer for a server that asks on", () => {
    const mechanism = createPlain({ username: "tim", password: "secret" });

    expect(() => mechanism.next(bytes(""))).toThrow(expect.objectContaining({ code: "protocol-error", phase: "auth" }));
  });
});

describe("LOGIN", () => {
  it("waits for the server and answers name and password in order, whatever the prompts say", async () => {
    const mechanism = createLogin({ username: "tim", password: "tanstaaftanstaaf" });

    expect(mechanism.start()).toBeUndefined();
    expect(text(await mechanism.next(bytes("Benutzername")))).toBe("tim");
    expect(text(await mechanism.next(bytes("")))).toBe("tanstaaftanstaaf");
  });

  it("never sends the password a second time", async () => {
    const mechanism = createLogin({ username: "tim", password: "secret" });
    await mechanism.next(bytes("Username:"));
    await mechanism.next(bytes("Password:"));

    expect(() => mechanism.next(bytes("Password:"))).toThrow(expect.objectContaining({ code: "protocol-error" }));
  });
});
