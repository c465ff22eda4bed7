import { describe, expect, it } from "vitest";
import type { AuthMethod } from "../../../../packages/core/src/connection.ts";
import { selectMechanism } from "../../../../packages/core/src/smtp/sasl/select.ts";
import { nonceOf } from "./dialogue.ts";

const password = { username: "ada", password: "secret" };
const token = { username: "ada", accessToken: "token" };
const underTls = { secured: true, allowClearText: false, random: nonceOf("AAAA") };
const inClear = { secured: false, allowClearText: true, random: nonceOf("AAAA") };

const everything = ["XOAUTH2", "CRAM-MD5", "LOGIN", "PLAIN", "GSSAPI", "SCRAM-SHA-1", "OAUTHBEARER", "SCRAM-SHA-256"];

/** Takes away what was chosen until nothing is left: the whole order. */
function preference(auth: typeof password | typeof token, context: typeof underTls): AuthMethod[] {
  const chosen: AuthMethod[] = [];
  for (;;) {
    try {
      const offered = everything.filter((name) => !chosen.includes(name as AuthMethod));
      chosen.push(selectMechanism(auth, offered, context).name);
    } catch {
      return chosen;
    }
  }
}

describe("the strongest that is offered", () => {
  it("under TLS is SCRAM, then PLAIN, and CRAM-MD5 only when there is nothing else", () => {
    expect(preference(password, underTls)).toEqual(["SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN", "LOGIN", "CRAM-MD5"]);
  });

  it("in clear text is whatever does not show the password", () => {
    expect(preference(password, inClear)).toEqual(["SCRAM-SHA-256", "SCRAM-SHA-1", "CRAM-MD5", "PLAIN", "LOGIN"]);
  });

  it("for a token is the standard before the vendors' own", () => {
    expect(preference(token, underTls)).toEqual(["OAUTHBEARER", "XOAUTH2"]);
  });

  it("is found whatever the case of the server's letters", () => {
    expect(selectMechanism(password, ["plain", "login"], underTls).name).toBe("PLAIN");
  });

  it("is narrowed by `methods`", () => {
    const auth = { ...password, methods: ["LOGIN", "CRAM-MD5"] as const };

    expect(selectMechanism(auth, everything, underTls).name).toBe("LOGIN");
  });
});

describe("nothing usable", () => {
  it("names what was offered and what we have", () => {
    expect(() => selectMechanism(password, ["GSSAPI", "NTLM"], underTls)).toThrow(
      expect.objectContaining({
        code: "auth-unsupported",
        retryable: false,
        message: expect.stringMatching(/GSSAPI, NTLM.*SCRAM-SHA-256.*CRAM-MD5/),
      }),
    );
  });

  it("names no more of what was offered than somebody would read", () => {
    const offered = Array.from({ length: 10_000 }, (_, index) => `X-METHOD-${index}`);
    const error = (() => {
      try {
        return selectMechanism(password, offered, underTls);
      } catch (thrown) {
        return thrown;
      }
    })();
    expect(String(error).length).toBeLessThan(1_200);
  });

  it("says when the server offers no authentication at all", () => {
    expect(() => selectMechanism(password, [], underTls)).toThrow(/offers no authentication/);
  });

  it("does not take a method that `methods` leaves out", () => {
    expect(() => selectMechanism({ ...password, methods: ["SCRAM-SHA-256"] }, ["PLAIN"], underTls)).toThrow(
      expect.objectContaining({ code: "auth-unsupported", message: expect.stringContaining("`methods`") }),
    );
  });

  it("does not send a token as a password, nor a password as a token", () => {
    expect(() => selectMechanism(token, ["PLAIN", "LOGIN"], underTls)).toThrow(
      expect.objectContaining({ code: "auth-unsupported" }),
    );
    expect(() => selectMechanism(password, ["XOAUTH2"], underTls)).toThrow(
      expect.objectContaining({ code: "auth-unsupported" }),
    );
  });
});

describe("a link without TLS", () => {
  it.each(everything.filter((name) => name !== "GSSAPI"))(
    "gets no %s, unless the connection allows clear text",
    (name) => {
      const auth = name.includes("OAUTH") ? token : password;

      expect(() => selectMechanism(auth, [name], { ...inClear, allowClearText: false })).toThrow(
        expect.objectContaining({ code: "auth-insecure", retryable: false }),
      );
      expect(selectMechanism(auth, [name], inClear).name).toBe(name);
    },
  );
});
