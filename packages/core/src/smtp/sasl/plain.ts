import { encodeUtf8 } from "../../util/bytes.ts";
import { checkCredential, type PasswordAuth, unexpectedChallenge } from "./credentials.ts";
import type { Mechanism } from "./mechanism.ts";

/**
 * PLAIN (RFC 4616): an empty authorization identity, user name and password, divided by NUL. Sent as the user typed
 * them: the server prepares the strings, since only it knows how it stored them (section 2).
 */
export function createPlain(auth: PasswordAuth): Mechanism {
  return {
    name: "PLAIN",
    start() {
      const username = checkCredential("username", auth.username);
      const password = checkCredential("password", auth.password);
      return encodeUtf8(`\0${username}\0${password}`);
    },
    next() {
      throw unexpectedChallenge("PLAIN");
    },
  };
}
