/**
 * The secrets of the tests. They are canaries: a test that shows one of them in a log, an error, a trace or on a link
 * without TLS fails (`no-secrets.ts`), whatever it is about. So use these wherever a password or a token is needed.
 */

export const USERNAME = "ada@example.com";

/** With characters that a URL writes in another way. */
export const PASSWORD = "canary/pa55 word+7";

/** Beyond ASCII. */
export const UNICODE_PASSWORD = "canäry-pässwörd-☃";

export const ACCESS_TOKEN = "ya29.canary-token_0123456789";

/** What another user has: to be refused with. */
export const WRONG_PASSWORD = "wrong-canary-7f3a9";

export const SECRETS: readonly string[] = [PASSWORD, UNICODE_PASSWORD, ACCESS_TOKEN, WRONG_PASSWORD];
