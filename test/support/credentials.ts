/**
 * The secrets of the tests. They are canaries: a test that shows one in a log, an error, a trace or on a link without TLS
 * fails (`../no-secrets/setup.ts`), whatever it is about. The check looks for {@link CANARY} alone, so any text with that
 * word in it will do as a password or a token; one without it fails the test that uses it.
 */

/** The word in every secret. Nothing else in the tests has it. */
export const CANARY = "canary";

export const USERNAME = "ada@example.com";

/** With characters that a URL writes in another way. */
export const PASSWORD = "canary/pa55 word+7";

export const ACCESS_TOKEN = "ya29.canary-token_0123456789";

/** For tests that run beside others and log in over clear text on purpose: the check cannot tell whose link it sees. */
export const NO_SECRET = "no-secret";

/** What another user has: to be refused with. */
export const WRONG_PASSWORD = "wrong-canary-7f3a9";
