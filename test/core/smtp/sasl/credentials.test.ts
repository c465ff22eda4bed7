import { describe, expect, it } from "vitest";
import type { AuthMethod, SmtpAuth } from "../../../../packages/core/src/connection.ts";
import { selectMechanism } from "../../../../packages/core/src/smtp/sasl/select.ts";
import { bytes, nonceOf } from "./dialogue.ts";

const context = { secured: true, allowClearText: false, random: nonceOf("AAAA") };

/** Runs a mechanism up to where both credentials were used. */
async function run(method: AuthMethod, auth: SmtpAuth): Promise<void> {
  const mechanism = selectMechanism(auth, [method], context);
  await mechanism.start();
  if (method === "PLAIN") return;
  await mechanism.next(bytes("r=AAAAx,s=QSXCR+Q6sek8bf92,i=4096"));
  await mechanism.next(bytes(""));
}

const delimiters = [
  ["NUL", "\0"],
  ["^A", "\x01"],
  ["CR", "\r"],
  ["LF", "\n"],
  ["half a surrogate pair", "\ud83d"],
] as const;

describe.each(delimiters)("a credential with %s", (_, delimiter) => {
  it.each(["SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN", "LOGIN", "CRAM-MD5"] as const)(
    "is refused by %s",
    async (method) => {
      const badName = { username: `ada${delimiter}auth=Bearer x`, password: "secret" };
      const badPassword = { username: "ada", password: `sec${delimiter}ret` };

      await expect(run(method, badName)).rejects.toMatchObject({
        code: "invalid-connection",
        issues: [{ path: "auth.username" }],
      });
      await expect(run(method, badPassword)).rejects.toMatchObject({
        code: "invalid-connection",
        issues: [{ path: "auth.password" }],
      });
    },
  );

  it.each(["XOAUTH2", "OAUTHBEARER"] as const)("is refused by %s", async (method) => {
    const badName = { username: `ada${delimiter}auth=Bearer x`, accessToken: "token" };
    const badToken = { username: "ada", accessToken: async () => `tok${delimiter}en` };

    await expect(run(method, badName)).rejects.toMatchObject({ issues: [{ path: "auth.username" }] });
    await expect(run(method, badToken)).rejects.toMatchObject({ issues: [{ path: "auth.accessToken" }] });
  });
});

it("refuses an empty token instead of sending an empty header", async () => {
  await expect(run("XOAUTH2", { username: "ada", accessToken: "" })).rejects.toMatchObject({
    issues: [{ path: "auth.accessToken" }],
  });
});

it("never repeats a refused password in the error", async () => {
  const error: unknown = await run("PLAIN", { username: "ada", password: "hunter2\n" }).catch((thrown) => thrown);

  expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain("hunter2");
});
