import type { AuthMethod, ParsedConnection, SmtpAuth } from "@edgepost/core";
import { isMailError, MailError } from "@edgepost/core";
import type { SMTPConnectionCustomAuthHandlers } from "nodemailer/lib/smtp-connection";
import type { NodemailerLink } from "./link.ts";

/** Strongest first. CRAM-MD5 makes the server keep passwords in clear: worth it only where a listener would see them. */
const UNDER_TLS = ["PLAIN", "LOGIN", "CRAM-MD5"] as const;
const IN_CLEAR = ["CRAM-MD5", "PLAIN", "LOGIN"] as const;
const WITH_TOKEN = ["OAUTHBEARER", "XOAUTH2"] as const;

/**
 * How nodemailer presents a token, under a name that is no method: told "XOAUTH2" it wants to fetch the token by itself,
 * and falls back to PLAIN.
 */
export const tokenLogin: SMTPConnectionCustomAuthHandlers = {
  async TOKEN({ auth, sendCommand }) {
    let answer = await sendCommand(`AUTH ${auth.mechanism} ${auth.initialResponse}`);
    // The server says in a challenge what it does not like, and refuses once that was answered (RFC 7628 3.2.3).
    if (answer.status === 334) answer = await sendCommand(auth.mechanism === "XOAUTH2" ? "" : "AQ==");
    if (answer.status !== 235) throw new Error("The token was not accepted.");
  },
};

/**
 * Authenticates by the strongest method that server, nodemailer and credentials have in common.
 * @throws MailError `auth-insecure` and `auth-unsupported` before anything was sent; `auth-failed`.
 */
export async function login(
  link: NodemailerLink,
  { auth, allowClearText, host }: ParsedConnection,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (auth === undefined) return;
  if (!link.smtp.secure && !allowClearText) {
    throw new MailError(
      "auth-insecure",
      "The link is not encrypted, so the credentials were not sent. Use TLS, or set `allowClearText: true`.",
      { phase: "auth" },
    );
  }
  const method = chooseMethod(auth, link);
  link.dialogue.mode = "auth";
  if (auth.accessToken === undefined) await loginWithPassword(link, method, auth, signal);
  else await loginWithToken(link, method, host, auth, signal);
  link.dialogue.mode = "commands";
}

async function loginWithPassword(
  link: NodemailerLink,
  method: AuthMethod,
  { username, password }: Extract<SmtpAuth, { readonly password: string }>,
  signal: AbortSignal | undefined,
): Promise<void> {
  link.dialogue.transcript.conceal([password, toBase64(password), toBase64(`\0${username}\0${password}`)]);
  await link.run((done) => link.smtp.login({ method, user: username, pass: password }, done), signal);
}

/** A token that was refused may have expired since it was fetched: a function is asked once more. */
async function loginWithToken(
  link: NodemailerLink,
  mechanism: AuthMethod,
  host: string,
  { username, accessToken }: Extract<SmtpAuth, { readonly password?: undefined }>,
  signal: AbortSignal | undefined,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const token = typeof accessToken === "string" ? accessToken : await fetchToken(accessToken, link, signal);
    const initialResponse = encodeToken(mechanism, username, token, host);
    link.dialogue.transcript.conceal([token, initialResponse]);
    try {
      await link.run((done) => link.smtp.login({ method: "TOKEN", mechanism, initialResponse }, done), signal);
      return;
    } catch (error) {
      const isRefused = isMailError(error) && error.reply?.code === 535;
      if (!isRefused || attempt > 1 || typeof accessToken === "string" || !link.usable) throw error;
    }
  }
}

async function fetchToken(
  accessToken: () => string | Promise<string>,
  link: NodemailerLink,
  signal: AbortSignal | undefined,
): Promise<string> {
  return link.during(async () => {
    try {
      return await accessToken();
    } catch {
      // What it threw is not kept: the errors of HTTP clients hold their request, a refresh token and all.
      throw new MailError("auth-failed", "The function given as auth.accessToken failed.", { phase: "auth" });
    }
  }, signal);
}

/** RFC 7628 section 3.1, and Google's older form of the same. */
function encodeToken(mechanism: AuthMethod, username: string, token: unknown, host: string): string {
  // ^A separates the fields; a line break would begin a command.
  if (typeof token !== "string" || token === "" || /[\x00-\x1f\x7f]/.test(token)) {
    throw new MailError("auth-failed", "The access token is empty or has a control character in it.", {
      phase: "auth",
    });
  }
  const identity = username.replaceAll("=", "=3D").replaceAll(",", "=2C");
  const fields =
    mechanism === "XOAUTH2"
      ? `user=${username}\x01auth=Bearer ${token}\x01\x01`
      : `n,a=${identity},\x01host=${host}\x01auth=Bearer ${token}\x01\x01`;
  return toBase64(fields);
}

function toBase64(text: string): string {
  return Buffer.from(text).toString("base64");
}

function chooseMethod(auth: SmtpAuth, { smtp, dialogue }: NodemailerLink): AuthMethod {
  const byPassword = smtp.secure ? UNDER_TLS : IN_CLEAR;
  const order: readonly AuthMethod[] = auth.password === undefined ? WITH_TOKEN : byPassword;
  const usable = order.filter((method) => auth.methods?.includes(method) ?? true);
  const offered = (dialogue.capabilities.get("AUTH") ?? "").split(" ").filter((name) => name !== "");
  const chosen = usable.find((method) => offered.includes(method));
  if (chosen !== undefined) return chosen;
  const server = offered.length === 0 ? "no authentication" : offered.join(", ");
  const client = usable.length === 0 ? "none of the methods asked for; nativeTransport has all" : usable.join(", ");
  throw new MailError("auth-unsupported", `The server offers ${server}; nodemailer has ${client}.`, { phase: "auth" });
}
