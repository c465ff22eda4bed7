import { describe, expect, it } from "vitest";
import { createOauthBearer } from "../../../../packages/core/src/smtp/sasl/oauthbearer.ts";
import { createXoauth2 } from "../../../../packages/core/src/smtp/sasl/xoauth2.ts";
import { failureOf } from "../../../support/engine.ts";
import { secretsIn, textOf } from "../../../support/secrets.ts";
import { bytes, text } from "./dialogue.ts";

const refusal = bytes('{"status":"invalid_token","scope":"mail"}');

describe("XOAUTH2", () => {
  it("writes the example of Google's documentation", async () => {
    const mechanism = createXoauth2({
      username: "someuser@example.com",
      accessToken: "ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg",
    });

    expect(Buffer.from((await mechanism.start()) ?? []).toString("base64")).toBe(
      "dXNlcj1zb21ldXNlckBleGFtcGxlLmNvbQFhdXRoPUJlYXJlciB5YTI5LnZGOWRmdDRxbVRjMk52YjNSbGNrQmhkSFJoZG1semRHRXVZMjl0Q2cBAQ==",
    );
  });

  it("answers the error challenge with an empty line, so that the 535 can come", async () => {
    const mechanism = createXoauth2({ username: "ada@example.com", accessToken: "expired" });
    await mechanism.start();

    expect(text(await mechanism.next(refusal))).toBe("");
    expect(() => mechanism.next(refusal)).toThrow(expect.objectContaining({ code: "protocol-error" }));
  });

  it("asks the token function once for each attempt", async () => {
    let asked = 0;
    const auth = { username: "ada@example.com", accessToken: async () => `canary-${++asked}` };

    expect(text(await createXoauth2(auth).start())).toContain("Bearer canary-1\x01");
    expect(text(await createXoauth2(auth).start())).toContain("Bearer canary-2\x01");
  });

  it("says that the token function failed, and not how: its error may hold the request with a secret", async () => {
    const thrown = Object.assign(new Error("401 for canary-secret"), { config: { data: "refresh_token=canary" } });
    const mechanism = createXoauth2({ username: "ada@example.com", accessToken: () => Promise.reject(thrown) });

    const error = await failureOf(Promise.resolve(mechanism.start()));
    expect(error).toMatchObject({ code: "auth-failed", phase: "auth" });
    expect(secretsIn(textOf(error))).toEqual([]);
  });
});

describe("OAUTHBEARER", () => {
  it("writes the response of RFC 7628 section 4.1, without the optional host and port", async () => {
    const mechanism = createOauthBearer({
      username: "user@example.com",
      accessToken: "vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==",
    });

    expect(text(await mechanism.start())).toBe(
      "n,a=user@example.com,\x01auth=Bearer vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==\x01\x01",
    );
  });

  it("escapes what separates fields in the header", async () => {
    const mechanism = createOauthBearer({ username: "a=b,c@example.com", accessToken: "t" });

    expect(text(await mechanism.start())).toMatch(/^n,a=a=3Db=2Cc@example\.com,\x01/);
  });

  it("answers the error challenge with ^A, so that the 535 can come", async () => {
    const mechanism = createOauthBearer({ username: "ada@example.com", accessToken: "expired" });
    await mechanism.start();

    expect(text(await mechanism.next(refusal))).toBe("\x01");
    expect(() => mechanism.next(refusal)).toThrow(expect.objectContaining({ code: "protocol-error" }));
  });
});
