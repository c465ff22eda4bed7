import { MailError, type SmtpAuth } from "@edgepost/core";
import type { WorkerMailerOptions } from "worker-mailer";
import type { Dialogue } from "./dialogue.ts";
import type { Internals } from "./internals.ts";

/** What worker-mailer can do on Workers: its CRAM-MD5 needs HMAC-MD5, which WebCrypto there does not have. */
const METHODS = [
  ["PLAIN", "plain"],
  ["LOGIN", "login"],
] as const;

/** @throws MailError `unsupported` for access tokens, and when `methods` leaves nothing. */
export function credentialsFor(
  auth: SmtpAuth | undefined,
): Pick<WorkerMailerOptions, "credentials" | "authType"> | undefined {
  if (auth === undefined) return undefined;
  const { username, password, methods } = auth;
  const authType = METHODS.flatMap(([name, type]) => ((methods?.includes(name) ?? true) ? [type] : []));
  if (password === undefined || authType.length === 0) {
    const message = "worker-mailer authenticates with a password, by PLAIN or LOGIN.";
    throw new MailError("unsupported", message, { phase: "auth" });
  }
  return { credentials: { username: utf8(username), password: utf8(password) }, authType };
}

/** worker-mailer skips AUTH where it is not offered, and does it in clear text where TLS is not. */
export async function authenticate(mailer: Internals, dialogue: Dialogue, isPrivate: boolean): Promise<void> {
  if (!isPrivate) {
    const message = "The credentials would leave in clear text: allow it with allowClearText, or require TLS.";
    throw dialogue.error("auth-insecure", message, { phase: "auth" });
  }
  if (!mailer.allowAuth || !mailer.authTypeSupported.some((type) => METHODS.some(([, known]) => known === type))) {
    const message = "The server offers neither AUTH PLAIN nor AUTH LOGIN.";
    throw dialogue.error("auth-unsupported", message, { phase: "auth" });
  }
  await dialogue.step("auth", "auth-failed", () => mailer.auth());
  // RFC 4954 section 4: any other positive reply answers something else. worker-mailer takes them all.
  if (dialogue.reply?.code !== 235) {
    throw dialogue.fail("protocol-error", "The server answered AUTH with neither yes nor no.");
  }
}

/** One character for each octet of UTF-8: worker-mailer gives text to `btoa`, which takes no other. */
function utf8(text: string): string {
  return String.fromCharCode(...new TextEncoder().encode(text));
}
