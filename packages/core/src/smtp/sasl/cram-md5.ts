import { encodeUtf8, toHex } from "../../util/bytes.ts";
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
      const digest = hmacMd5(encodeUtf8(password), challenge);
      return encodeUtf8(`${username} ${toHex(digest)}`);
    },
  };
}
