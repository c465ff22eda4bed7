import type { MailPhase, SmtpReply } from "@edgepost/core";

/** A command whose reply is awaited, and the codes that reply may have unless it is a refusal. */
export interface Awaited {
  readonly verb: string;
  readonly phase: MailPhase;
  readonly expects: RegExp;
}

export const GREETING: Awaited = { verb: "greeting", phase: "greeting", expects: /^2/ };
export const AUTHENTICATION: Awaited = { verb: "AUTH", phase: "auth", expects: /^(?:235|334)$/ };
export const MESSAGE: Awaited = { verb: "message", phase: "body", expects: /^2/ };

/** RSET and QUIT. */
const OTHER: Awaited = { verb: "other", phase: "idle", expects: /^2/ };
const COMMANDS: readonly Awaited[] = [
  { verb: "EHLO", phase: "ehlo", expects: /^2/ },
  { verb: "HELO", phase: "ehlo", expects: /^2/ },
  { verb: "STARTTLS", phase: "tls", expects: /^2/ },
  { verb: "MAIL", phase: "mail", expects: /^2/ },
  { verb: "RCPT", phase: "rcpt", expects: /^2/ },
  { verb: "DATA", phase: "data", expects: /^3/ },
  // The empty message for a server that refused every recipient and asks for one all the same (RFC 2920 section 3.1).
  { verb: ".", phase: "data", expects: /^2/ },
];

/** What is awaited once this command has gone. */
export function awaitedBy(verb: string): Awaited {
  return COMMANDS.find((command) => command.verb === verb) ?? OTHER;
}

/** Whether a reply can be the one that is awaited. */
export function isAnswer({ code, text }: SmtpReply, { expects }: Awaited): boolean {
  // A challenge is base64 (RFC 4954 section 4); nodemailer would take any other for a refusal.
  const isOdd = code === 334 && !/^[A-Za-z0-9+/]*={0,2}$/.test(text.trim());
  return code >= 400 || (expects.test(String(code)) && !isOdd);
}
