import { describe, expect, it } from "vitest";
import { BodyCanonicalizer, canonicalizeField } from "../../../packages/core/src/dkim/canonicalize.ts";
import { readSigningKey } from "../../../packages/core/src/dkim/key.ts";
import { Sha256 } from "../../../packages/core/src/util/sha256.ts";
import { ed25519Pem, RFC_8463_RSA_PEM } from "./keys.ts";

/** The message of RFC 8463 appendix A.3, which is that of RFC 6376 appendix A. */
const fields = {
  from: "From: Joe SixPack <joe@football.example.com>",
  to: "To: Suzie Q <suzie@shopping.example.net>",
  subject: "Subject: Is dinner ready?",
  date: "Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)",
  messageId: "Message-ID: <20030712040037.46341.5F8J@football.example.com>",
};
const body = "Hi.\r\n\r\nWe lost the game.  Are you hungry yet?\r\n\r\nJoe.\r\n";

/** `h=from : to : subject : date : message-id : from : subject : date`: the last three are over-signed. */
const signedFields = [fields.from, fields.to, fields.subject, fields.date, fields.messageId];

const ed25519Signature = [
  "DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;",
  " d=football.example.com; i=@football.example.com;",
  " q=dns/txt; s=brisbane; t=1528637909; h=from : to :",
  " subject : date : message-id : from : subject : date;",
  " bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;",
  " b=",
].join("\r\n");

const rsaSignature = [
  "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;",
  " d=football.example.com; i=@football.example.com;",
  " q=dns/txt; s=test; t=1528637909; h=from : to : subject :",
  " date : message-id : from : subject : date;",
  " bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;",
  " b=",
].join("\r\n");

describe("the example of RFC 8463 appendix A", () => {
  it("has our body hash", () => {
    const hash = new Sha256();
    const canonicalizer = new BodyCanonicalizer("relaxed", (bytes) => hash.update(bytes));
    canonicalizer.write(new TextEncoder().encode(body));
    canonicalizer.end();

    expect(Buffer.from(hash.digest()).toString("base64")).toBe("2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=");
  });

  it("has our Ed25519 signature", async () => {
    expect(await sign(ed25519Pem("nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A="), ed25519Signature)).toBe(
      "/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11BusFa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==",
    );
  });

  it("has our RSA signature", async () => {
    expect(await sign(RFC_8463_RSA_PEM, rsaSignature)).toBe(
      "F45dVWDfMbQDGHJFlXUNB2HKfbCeLRyhDXgFpEL8GwpsRe0IeIixNTe3DhCVlUrSjV4BwcVcOF6+FF3Zo9Rpo1tFOeS9mPYQTnGdaSGsgeefOsk2JzdA+L10TeYt9BgDfQNZtKdN1WO//KgIqXP7OdEFE4LjFYNcUxZQ4FADY+8=",
    );
  });
});

async function sign(pem: string, signatureField: string): Promise<string> {
  const key = readSigningKey(pem);
  if (typeof key === "string") throw new Error(key);
  const signed = [...signedFields, signatureField].map((field) => canonicalizeField(field, "relaxed")).join("\r\n");
  return Buffer.from(await key.sign(new TextEncoder().encode(signed))).toString("base64");
}
