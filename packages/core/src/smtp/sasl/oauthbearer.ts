import { encodeUtf8 } from "../../util/bytes.ts";
import { checkCredential, escapeSaslName, readToken, type TokenAuth, unexpectedChallenge } from "./credentials.ts";
import type { Mechanism } from "./mechanism.ts";

/**
 * OAUTHBEARER (RFC 7628): a bearer token under a GS2 header without channel binding. The optional `host` and `port` are
 * left out; they serve token types that sign the request, which a bearer token does not.
 */
export function createOauthBearer(auth: TokenAuth): Mechanism {
  let refused = false;

  return {
    name: "OAUTHBEARER",
    async start() {
      const username = escapeSaslName(checkCredential("username", auth.username));
      return encodeUtf8(`n,a=${username},\x01auth=Bearer ${await readToken(auth)}\x01\x01`);
    },
    /** A refusal comes as a challenge of JSON first; a lone ^A answers it and fetches the 535 (section 3.2.3). */
    next() {
      if (refused) throw unexpectedChallenge("OAUTHBEARER");
      refused = true;
      return Uint8Array.of(1);
    },
  };
}
