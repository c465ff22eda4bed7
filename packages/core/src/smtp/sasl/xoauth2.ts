import { encodeUtf8 } from "../../util/bytes.ts";
import { checkCredential, readToken, type TokenAuth, unexpectedChallenge } from "./credentials.ts";
import type { Mechanism } from "./mechanism.ts";

/**
 * XOAUTH2, the bearer token of Gmail and Microsoft 365 from before RFC 7628.
 * https://developers.google.com/workspace/gmail/imap/xoauth2-protocol
 */
export function createXoauth2(auth: TokenAuth): Mechanism {
  let refused = false;

  return {
    name: "XOAUTH2",
    async start() {
      const username = checkCredential("username", auth.username);
      return encodeUtf8(`user=${username}\x01auth=Bearer ${await readToken(auth)}\x01\x01`);
    },
    /** A refusal comes as a challenge of JSON first; the empty answer fetches the 535 that says the same in a reply. */
    next() {
      if (refused) throw unexpectedChallenge("XOAUTH2");
      refused = true;
      return new Uint8Array();
    },
  };
}
