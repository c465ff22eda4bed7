import { describe, expect, test } from "vitest";
import { joinReply, parseReplyLine } from "../../../../packages/core/src/smtp/reply.ts";
import { Secrets } from "../../../../packages/core/src/smtp/sasl/secrets.ts";

const AUTH = { username: "ada", password: "pässwörd-cänary" };

/** What is shown of a refusal, given by its octets as Latin-1, to who logged in by PLAIN. */
function shown(refusal: string, auth = AUTH): string {
  const secrets = new Secrets(auth);
  secrets.add(new TextEncoder().encode(`\0${auth.username}\0${auth.password}`));
  const lines = refusal.split("\n").flatMap((line) => parseReplyLine(Buffer.from(line, "latin1")) ?? []);
  return secrets.hide(joinReply(lines)).text;
}

const utf8 = (text: string) => Buffer.from(text).toString("latin1");

describe("a password that the server repeats is hidden", () => {
  test.each([
    ["as it is", `535 ${utf8("pässwörd-cänary")} is wrong`],
    ["in Latin-1", "535 pässwörd-cänary is wrong"],
    ["in UTF-8 that was read as Latin-1", `535 ${utf8(utf8("pässwörd-cänary"))} is wrong`],
    ["with its accents apart", `535 ${utf8("pässwörd-cänary".normalize("NFD"))} is wrong`],
    ["with question marks", "535 p?ssw?rd-c?nary is wrong"],
    ["without what it could not read", "535 psswrd-cnary is wrong"],
    ["in capitals", "535 P?SSW?RD-C?NARY IS WRONG"],
    ["percent-encoded", "535 p%C3%A4ssw%C3%B6rd-c%C3%A4nary is wrong"],
    ["in quoted-printable", "535 p=E4ssw=F6rd-c=E4nary is wrong"],
    ["escaped", "535 p\\xc3\\xa4ssw\\xc3\\xb6rd-c\\xc3\\xa4nary is wrong"],
    ["over two lines", "535-p?ssw?\n535 rd-c?nary is wrong"],
    ["in base64 without its padding", `535 ${btoa(utf8("\0ada\0pässwörd-cänary")).replaceAll("=", "")} is wrong`],
  ])("%s", (_how, refusal) => {
    expect(shown(refusal)).toBe("(hidden: the server repeated the credentials)");
  });

  test("in letters of a charset nobody knows", () => {
    const auth = { username: "ada", password: "пароль" };
    expect(shown(`535 ${utf8(utf8("пароль"))} is wrong`, auth)).toContain("hidden");
  });
});

test("a refusal that repeats nothing is told, whatever the password is", () => {
  expect(shown("535 Authentication failed: bad user name or password")).toContain("bad user name");
  expect(shown("535 Falsches Passwort für diesen Zugang", { username: "ada", password: "canary!!" })).toContain(
    "Zugang",
  );
});
