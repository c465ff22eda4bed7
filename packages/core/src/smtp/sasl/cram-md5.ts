import { checkCredential, type PasswordAuth, unexpectedChallenge } from "./credentials.ts";
import { hmacMd5 } from "./md5.ts";
import type { Mechanism } from "./mechanism.ts";

/** CRAM-MD5 (RFC 2195): the user name, and the server's challenge keyed with the password. */
export function createCramMd5(auth: PasswordAuth): Mechanism {
  let answered = false;

  return {
    name: "CRAM-MD5",
    start: () => undefined,
    next(challenge) {
      if (answered) throw unexpectedChallenge("CRAM-MD5");
      answered = true;
      const username = checkCredential("username", auth.username);
      const password = checkCredential("password", auth.password);
      const digest = hmacMd5(new TextEncoder().encode(password), challenge);
      return new TextEncoder().encode(`${username} ${toHex(digest)}`);
    },
  };
}

function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
