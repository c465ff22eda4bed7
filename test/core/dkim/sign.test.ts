import { generateKeyPairSync, type KeyObject } from "node:crypto";
import fc from "fast-check";
import { dkimVerify } from "mailauth/lib/dkim/verify.js";
import { describe, expect, it } from "vitest";
import type { DkimOptions } from "../../../packages/core/src/dkim/options.ts";
import { dkimSigner } from "../../../packages/core/src/dkim/sign.ts";
import { signable } from "./signable.ts";

const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
const ed25519 = generateKeyPairSync("ed25519");
const pem = (key: KeyObject) => key.export({ format: "pem", type: "pkcs8" }).toString();

const base: DkimOptions = { domain: "example.com", selector: "rsa", privateKey: pem(rsa.privateKey) };
const edwards: DkimOptions = { ...base, selector: "ed", privateKey: pem(ed25519.privateKey) };

/** The DNS of this test. */
const records: Record<string, string> = {
  "rsa._domainkey.example.com": `v=DKIM1; k=rsa; p=${rsa.publicKey.export({ format: "der", type: "spki" }).toString("base64")}`,
  "ed._domainkey.example.com": `v=DKIM1; k=ed25519; p=${ed25519.publicKey.export({ format: "der", type: "spki" }).subarray(-32).toString("base64")}`,
  "rsa._domainkey.xn--bcher-kva.example": `v=DKIM1; p=${rsa.publicKey.export({ format: "der", type: "spki" }).toString("base64")}`,
};

const invoice = [
  "From: Ada <ada@example.com>",
  "To: grace@example.org,",
  " Linus <linus@example.org>",
  "Subject: =?UTF-8?Q?Gr=C3=BC=C3=9Fe?=",
  "Date: Fri, 02 Jan 2026 03:04:05 +0000",
  "Message-ID: <1@example.com>",
  "List-Unsubscribe: <https://example.com/u>",
  "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
  "MIME-Version: 1.0",
  "Content-Type: text/plain; charset=utf-8",
  "X-Tracking: not signed",
  "",
  "Hello  there \t",
  "",
  "Bye",
  "",
  "",
].join("\r\n");

async function sign(raw: string, ...options: DkimOptions[]): Promise<string> {
  const fields = await Promise.all(options.map((each) => dkimSigner(each).sign(signable(raw))));
  return fields.join("") + raw;
}

/** What an independent verifier says of each signature. */
async function verify(raw: string): Promise<string[]> {
  const { results } = await dkimVerify(Buffer.from(raw), {
    resolver: async (name) => {
      const record = records[name];
      if (record === undefined) throw Object.assign(new Error("not found"), { code: "ENOTFOUND" });
      return [[record]];
    },
    curTime: new Date("2026-01-02T04:00:00Z"),
  });
  return results.map(({ status }) => `${status.result}${status.comment ? ` (${status.comment})` : ""}`);
}

function signatureOf(signed: string): string {
  const end = /\r\n(?![ \t])/.exec(signed)?.index ?? 0;
  return signed.slice(0, end);
}

function tag(name: string, signed: string): string | undefined {
  return new RegExp(`[ ;]${name}=([^;]*)`)
    .exec(signatureOf(signed).replaceAll(/\r\n[ \t]/g, " "))?.[1]
    ?.replaceAll(" ", "");
}

describe("an independent verifier", () => {
  const forms = ["relaxed/relaxed", "relaxed/simple", "simple/relaxed", "simple/simple"] as const;

  it.each(forms.flatMap((form) => [[form, base] as const, [form, edwards] as const]))(
    "accepts %s with either key",
    async (canonicalization, options) => {
      expect(await verify(await sign(invoice, { ...options, canonicalization }))).toEqual(["pass"]);
    },
  );

  it("accepts two signers of one message", async () => {
    expect(await verify(await sign(invoice, edwards, base))).toEqual(["pass", "pass"]);
  });

  it.each([
    "From: a@example.com\r\n\r\n",
    "From: a@example.com\r\n\r\n\r\n\r\n",
    "From: a@example.com\r\n\r\nno line end",
  ])("accepts the edges of a body: %j", async (raw) => {
    for (const canonicalization of forms) {
      expect(await verify(await sign(raw, { ...base, canonicalization }))).toEqual(["pass"]);
    }
  });

  it("accepts what a relay may do to a relaxed message", async () => {
    const signed = await sign(invoice, base);
    const relayed = `Received: by relay\r\n${signed.replace("Hello  there", "Hello there").replace("Subject: ", "SUBJECT:   ")}\r\n\r\n`;

    expect(await verify(relayed)).toEqual(["pass"]);
  });

  it("takes a line without a colon, as ready messages may have one, for no field", async () => {
    const signed = await sign(invoice.replace("X-Tracking: not signed", "FromX\r\nX-Tracking: not signed"), base);

    const names = tag("h", signed)
      ?.split(":")
      .map((name) => name.trim());
    expect(names?.filter((name) => name === "From")).toHaveLength(2);
  });

  it("accepts any message, wherever its chunks end", async () => {
    const line = fc.string({ maxLength: 60, unit: fc.constantFrom("a", "é", " ", "\t", ".", "=", ";", ":") });
    await fc.assert(
      fc.asyncProperty(
        fc.array(line, { maxLength: 6 }),
        line,
        fc.constantFrom(...forms),
        async (lines, subject, form) => {
          const raw = `From: a@example.com\r\nSubject: ${subject.trim()}\r\n\r\n${lines.join("\r\n")}`;
          expect(await verify(await sign(raw, { ...edwards, canonicalization: form }))).toEqual(["pass"]);
        },
      ),
      { numRuns: 60 },
    );
  });

  it("finds the signature of a domain in its own script", async () => {
    const signed = await sign(invoice.replaceAll("@example.com", "@bücher.example"), {
      ...base,
      domain: "Bücher.example",
    });

    expect(tag("d", signed)).toBe("xn--bcher-kva.example");
    expect(await verify(signed)).toEqual(["pass"]);
  });
});

describe("who changes the message breaks the signature", () => {
  it.each([
    ["the body", "Bye", "Buy"],
    ["the subject", "Subject: ", "Subject: Re: "],
    ["the one-click field", "One-Click", "One-Clock"],
    ["From", "Ada <", "Eve <"],
  ])("in %s", async (_, from, to) => {
    expect((await verify((await sign(invoice, base)).replace(from, to)))[0]).not.toBe("pass");
  });

  it.each([
    "From: Eve <eve@example.net>",
    "Subject: another",
    "Reply-To: eve@example.net",
    "Cc: eve@example.net",
    "Content-Type: text/html",
  ])("by adding %j on top", async (field) => {
    expect((await verify(`${field}\r\n${await sign(invoice, base)}`))[0]).not.toBe("pass");
  });

  it("but not in a field that is not signed, nor with a list field added", async () => {
    const signed = await sign(invoice, base);

    expect(await verify(signed.replace("not signed", "changed"))).toEqual(["pass"]);
    expect(await verify(`List-Id: <list.example.org>\r\n${signed}`)).toEqual(["pass"]);
  });
});

describe("the DKIM-Signature field", () => {
  it("says what was signed, in lines of at most 78 characters", async () => {
    const signed = await sign(invoice, base);
    const field = signatureOf(signed);

    expect(field).toMatch(/^DKIM-Signature: v=1; a=rsa-sha256; c=relaxed\/relaxed; d=example\.com; s=rsa;/);
    expect(Math.max(...field.split("\r\n").map((line) => line.length))).toBeLessThanOrEqual(78);
    expect(field.replaceAll(/\r\n[ \t]/g, "")).not.toMatch(/[\r\n]/);
    expect(tag("t", signed)).toBe("1767323045");
    expect(tag("x", signed)).toBeUndefined();
    expect(tag("i", signed)).toBeUndefined();
  });

  it("lists each signed field as often as it stands there, and once more what must not be added", async () => {
    const raw = "From: a@example.com\r\nComments: first\r\ncomments: second\r\n\r\n";
    const signed = await sign(raw, {
      ...base,
      headers: ["From", "Comments", "Subject"],
      overSign: ["From", "Reply-To"],
    });

    expect(tag("h", signed)).toBe("From:From:Comments:Comments:Reply-To");
    expect(await verify(signed)).toEqual(["pass"]);
    expect((await verify(`Comments: third\r\n${signed}`))[0]).toBe("pass");
    expect((await verify(signed.replace("first", "1st")))[0]).not.toBe("pass");
  });

  it("over-signs nothing when told so", async () => {
    const signed = await sign(invoice, { ...base, overSign: false });

    expect(tag("h", signed)).toBe(
      "From:To:Subject:Date:Message-ID:MIME-Version:Content-Type:List-Unsubscribe:List-Unsubscribe-Post",
    );
    expect(await verify(`Cc: eve@example.net\r\n${signed}`)).toEqual(["pass"]);
  });

  it("expires when asked to, counted from the mailer's clock", async () => {
    const signed = await sign(invoice, { ...base, expiresInSeconds: 3600 });

    expect(tag("x", signed)).toBe(String(1767323045 + 3600));
    expect(await verify(signed)).toEqual(["pass"]);
  });

  it.each([
    ["@example.com", "@example.com"],
    ["ada@mail.example.com", "ada@mail.example.com"],
    ['"a; b=c"@EXAMPLE.com', '"a=3B=20b=3Dc"@example.com'],
    ["jürgen@example.com", "j=C3=BCrgen@example.com"],
  ])("names the identity %j as i=%s", async (identity, written) => {
    const signed = await sign(invoice, { ...base, identity });

    expect(tag("i", signed)).toBe(written);
    expect(await verify(signed)).toEqual(["pass"]);
  });

  it("is the same for the same message and time", async () => {
    expect(await sign(invoice, base)).toBe(await sign(invoice, base));
  });
});

describe("options that cannot sign", () => {
  const issuesOf = (options: unknown) => {
    try {
      dkimSigner(options as DkimOptions);
    } catch (error) {
      return (error as { issues: { path: string; message: string }[] }).issues;
    }
    return [];
  };

  it.each([
    ["domain", undefined],
    ["domain", "exa mple.com"],
    ["domain", "example.com; s=x"],
    ["domain", 5],
    ["selector", undefined],
    ["selector", ""],
    ["selector", "mail;x=1"],
    ["selector", "mail\r\nBcc: eve@example.net"],
    ["selector", ".mail"],
    ["canonicalization", "relaxed"],
    ["headers", ["Subject"]],
    ["headers", ["From", "Sub:ject"]],
    ["headers", ["From", "Sub;ject"]],
    ["headers", ["From", "Sub\r\nject"]],
    ["headers", "From"],
    ["overSign", "From"],
    ["overSign", [1]],
    ["overSign", null],
    ["expiresInSeconds", 0],
    ["expiresInSeconds", 1.5],
    ["expiresInSeconds", "3600"],
    ["identity", "ada"],
    ["identity", "ada@example.org"],
    ["identity", "ada@notexample.com"],
    ["identity", 1],
  ])("are refused when the signer is made: %s %j", (path, value) => {
    expect(issuesOf({ ...base, [path]: value })).toMatchObject([{ path }]);
  });

  it("are all named at once, and unknown ones with what they are called here", () => {
    const issues = issuesOf({ domainName: "example.com", keySelector: "rsa", privateKey: "nonsense" });

    expect(issues.map(({ path }) => path)).toEqual(["domain", "selector", "privateKey", "domainName", "keySelector"]);
    expect(issues.at(-1)?.message).toContain('"selector"');
  });

  it("may have underscores and dots in the selector", () => {
    expect(issuesOf({ ...base, selector: "s1._x-2" })).toEqual([]);
  });
});
