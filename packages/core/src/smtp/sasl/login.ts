import { encodeUtf8 } from "../../util/bytes.ts";
import { checkCredential, type PasswordAuth, unexpectedChallenge } from "./credentials.ts";
import type { Mechanism } from "./mechanism.ts";

/**
 * LOGIN (draft-murchison-sasl-login): the server asks twice. The prompts are answered by their order and not by their
 * text, which servers write as they like: `Username:`, `User Name`, or a translation.
 */
export function createLogin(auth: PasswordAuth): Mechanism {
  const fields = (["username", "password"] as const).values();

  return {
    name: "LOGIN",
    // Many servers take the user name as initial response, some do not: the draft tells clients to wait.
    start: () => undefined,
    next() {
      const field = fields.next().value;
      if (field === undefined) throw unexpectedChallenge("LOGIN");
      return encodeUtf8(checkCredential(field, auth[field]));
    },
  };
}
