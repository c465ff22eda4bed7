import { createHash, createHmac, pbkdf2Sync } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Mechanism } from "../../../../packages/core/src/smtp/sasl/mechanism.ts";
import { createScram } from "../../../../packages/core/src/smtp/sasl/scram.ts";
import { bytes, nonceOf, text } from "./dialogue.ts";

const pencil = { username: "user", password: "pencil" };

describe("the examples of the RFCs", () => {
  it("SCRAM-SHA-256, RFC 7677 section 3", async () => {
    const mechanism = createScram("SCRAM-SHA-256", pencil, nonceOf("rOprNGfwEbeRWgbNEkqO"));
    const nonce = "rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";

    expect(text(await mechanism.start())).toBe("n,,n=user,r=rOprNGfwEbeRWgbNEkqO");
    expect(text(await mechanism.next(bytes(`r=${nonce},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096`)))).toBe(
      `c=biws,r=${nonce},p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=`,
    );
    expect(text(await mechanism.next(bytes("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=")))).toBe("");
    expect(() => mechanism.finish?.()).not.toThrow();
  });

  it("SCRAM-SHA-1, RFC 5802 section 5", async () => {
    const mechanism = createScram("SCRAM-SHA-1", pencil, nonceOf("fyko+d2lbbFgONRv9qkxdawL"));
    const nonce = "fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j";

    expect(text(await mechanism.start())).toBe("n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL");
    expect(text(await mechanism.next(bytes(`r=${nonce},s=QSXCR+Q6sek8bf92,i=4096`)))).toBe(
      `c=biws,r=${nonce},p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=`,
    );
    expect(text(await mechanism.next(bytes("v=rmF9pqV8S7suAoZWja4dJRkFsKQ=")))).toBe("");
    expect(() => mechanism.finish?.()).not.toThrow();
  });
});

describe("a server that knows the password", () => {
  it.each([
    ["SCRAM-SHA-256", "user", "pencil"],
    ["SCRAM-SHA-1", "user", "pencil"],
    ["SCRAM-SHA-256", "a=b,c", "comma, and = sign"],
    ["SCRAM-SHA-256", "Ⅸ", "ﬁn\u00ade"],
  ] as const)("accepts the proof of %s for %s, and we accept its signature", async (name, username, password) => {
    const server = scramServer(name, password.normalize("NFKC").replace("\u00ad", ""));
    const mechanism = createScram(name, { username, password }, (count) =>
      crypto.getRandomValues(new Uint8Array(count)),
    );

    const serverFirst = server.first(text(await mechanism.start()) ?? "");
    const serverFinal = server.final(text(await mechanism.next(bytes(serverFirst))) ?? "");
    expect(serverFinal).toMatch(/^v=/);
    await mechanism.next(bytes(serverFinal));
    expect(() => mechanism.finish?.()).not.toThrow();
  });
});

describe("a server that does not", () => {
  it("is found out by its signature", async () => {
    const mechanism = await proven();

    await expect(mechanism.next(bytes(`v=${Buffer.alloc(32).toString("base64")}`))).rejects.toMatchObject({
      code: "auth-failed",
      retryable: false,
    });
  });

  it.each(["", "v=", "v=!", "hello", "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4"])(
    "is found out by a last message such as %j",
    async (serverFinal) => {
      const mechanism = await proven();

      await expect(mechanism.next(bytes(serverFinal))).rejects.toMatchObject({ code: "auth-failed" });
    },
  );

  it("cannot report success before it has proved itself", async () => {
    const mechanism = await proven();

    expect(() => mechanism.finish?.()).toThrow(expect.objectContaining({ code: "auth-failed" }));
  });

  it("cannot report success at once", async () => {
    const mechanism = createScram("SCRAM-SHA-256", pencil, nonceOf("AAAA"));
    await mechanism.start();

    expect(() => mechanism.finish?.()).toThrow(expect.objectContaining({ code: "auth-failed" }));
  });

  it("cannot report success after its signature was refused", async () => {
    const mechanism = await proven();
    await expect(mechanism.next(bytes("v=AAAA"))).rejects.toThrow();

    expect(() => mechanism.finish?.()).toThrow(expect.objectContaining({ code: "auth-failed" }));
  });

  it("gets nothing after the last round", async () => {
    const mechanism = await proven();
    await expect(mechanism.next(bytes("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="))).rejects.toThrow();

    await expect(mechanism.next(bytes("r=AAAAx,s=QUJD,i=4096"))).rejects.toMatchObject({ code: "protocol-error" });
  });
});

describe("the first message of the server", () => {
  const answer = async (serverFirst: string) => {
    const mechanism = createScram("SCRAM-SHA-256", pencil, nonceOf("AAAA"));
    await mechanism.start();
    return mechanism.next(bytes(serverFirst));
  };

  it.each([
    ["a nonce of its own", "r=BBBBx,s=QUJD,i=4096"],
    ["our nonce without an addition", "r=AAAA,s=QUJD,i=4096"],
    ["a nonce with a control character", "r=AAAA\x01,s=QUJD,i=4096"],
    ["no nonce", "s=QUJD,i=4096"],
    ["fields in another order", "s=QUJD,r=AAAAx,i=4096"],
    ["a mandatory extension nobody knows", "m=new,r=AAAAx,s=QUJD,i=4096"],
    ["an empty salt", "r=AAAAx,s=,i=4096"],
    ["a salt that is not base64", "r=AAAAx,s=QU JD,i=4096"],
    ["a count that is not a number", "r=AAAAx,s=QUJD,i=4e3"],
    ["a negative count", "r=AAAAx,s=QUJD,i=-4096"],
    ["nothing at all", ""],
    ["a greeting", "hello"],
  ])("is refused with %s", async (_, serverFirst) => {
    await expect(answer(serverFirst)).rejects.toMatchObject({ code: "protocol-error", phase: "auth" });
  });

  it.each(["1", "4095", "1000001", "9999999999"])("is refused with %s iterations, which are named", async (count) => {
    await expect(answer(`r=AAAAx,s=QUJD,i=${count}`)).rejects.toMatchObject({
      code: "auth-unsupported",
      message: expect.stringContaining(count),
    });
  });

  it("may carry extensions at its end", async () => {
    expect(text(await answer("r=AAAAx,s=QUJD,i=4096,t=extension"))).toMatch(/^c=biws,r=AAAAx,p=/);
  });

  it("never makes anything but an answer or a typed error of noise", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 80 }), async (noise) => {
        const mechanism = createScram("SCRAM-SHA-256", pencil, nonceOf("AAAA"));
        await mechanism.start();
        await expect(mechanism.next(noise)).rejects.toMatchObject({ name: "MailError" });
      }),
    );
  });
});

it("reports the error a server names", async () => {
  const mechanism = await proven();

  await expect(mechanism.next(bytes("e=invalid-proof"))).rejects.toMatchObject({
    code: "auth-failed",
    message: expect.stringContaining("invalid-proof"),
  });
});

it("breaks no line of a log with the error a server names", async () => {
  const mechanism = await proven();
  const named = bytes(`e=no\r\n2026-11-21 login of root succeeded\x1b[2J${"x".repeat(10_000)}`);
  await expect(mechanism.next(named)).rejects.toMatchObject({ message: expect.stringMatching(/^[ -~…]{1,200}$/) });
});

it("refuses a password that SCRAM cannot carry, and says what can", async () => {
  const mechanism = createScram("SCRAM-SHA-256", { username: "user", password: "tab\tbed" }, nonceOf("AAAA"));
  await mechanism.start();

  await expect(mechanism.next(bytes("r=AAAAx,s=QUJD,i=4096"))).rejects.toMatchObject({
    code: "invalid-connection",
    issues: [{ path: "auth.password", message: expect.stringContaining("PLAIN") }],
  });
});

/** A mechanism that has sent its proof and waits for the server's. */
async function proven(): Promise<Mechanism> {
  const mechanism = createScram("SCRAM-SHA-256", pencil, nonceOf("AAAA"));
  await mechanism.start();
  await mechanism.next(bytes("r=AAAAx,s=QUJD,i=4096"));
  return mechanism;
}

/** The server's half, written from RFC 5802 section 3 over Node's crypto. */
function scramServer(name: "SCRAM-SHA-256" | "SCRAM-SHA-1", password: string) {
  const [hash, length] = name === "SCRAM-SHA-256" ? (["sha256", 32] as const) : (["sha1", 20] as const);
  const hmac = (key: Buffer, message: string) => createHmac(hash, key).update(message).digest();
  const salt = Buffer.from("0123456789abcdef");
  const salted = pbkdf2Sync(Buffer.from(password), salt, 5000, length, hash);
  let clientFirstBare = "";
  let serverFirst = "";

  return {
    first(clientFirst: string): string {
      clientFirstBare = clientFirst.replace(/^n,,/, "");
      const nonce = /,r=(.*)$/.exec(clientFirstBare)?.[1];
      serverFirst = `r=${nonce}+server,s=${salt.toString("base64")},i=5000`;
      return serverFirst;
    },
    final(clientFinal: string): string {
      const [, withoutProof, proof] = /^(.*),p=(.*)$/.exec(clientFinal) ?? [];
      const authMessage = `${clientFirstBare},${serverFirst},${withoutProof}`;
      const storedKey = createHash(hash).update(hmac(salted, "Client Key")).digest();
      const signature = hmac(storedKey, authMessage);
      const clientKey = Buffer.from(proof ?? "", "base64").map((byte, index) => byte ^ (signature[index] ?? 0));
      if (!createHash(hash).update(clientKey).digest().equals(storedKey)) return "e=invalid-proof";
      return `v=${hmac(hmac(salted, "Server Key"), authMessage).toString("base64")}`;
    },
  };
}
