import { isMailError, MailError, type Security } from "@edgepost/core";

/** The settings of a well-known mail service, and what people stumble over there. */
export interface Provider {
  readonly id: string;
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly security: Extract<Security, "implicit" | "starttls">;
  /** What the user name is, where it is not the mail address. */
  readonly username?: string;
  readonly hint: string;
}

const APP_PASSWORD = "It takes an app password, not the password of the account";

export const PROVIDERS: readonly Provider[] = [
  {
    id: "gmail",
    name: "Gmail",
    host: "smtp.gmail.com",
    port: 465,
    security: "implicit",
    hint: `${APP_PASSWORD}: turn on 2-Step Verification, then make one at https://myaccount.google.com/apppasswords.`,
  },
  {
    id: "google-workspace-relay",
    name: "Google Workspace relay",
    host: "smtp-relay.gmail.com",
    port: 587,
    security: "starttls",
    hint: "The relay must be allowed in the Admin console, under Apps, Gmail, Routing.",
  },
  {
    id: "microsoft-365",
    name: "Microsoft 365",
    host: "smtp.office365.com",
    port: 587,
    security: "starttls",
    hint: "Authenticated SMTP must be on for the mailbox, in the admin center; where basic authentication is off, send an accessToken.",
  },
  {
    id: "outlook",
    name: "Outlook.com",
    host: "smtp-mail.outlook.com",
    port: 587,
    security: "starttls",
    hint: "Outlook.com takes no passwords over SMTP any more: send an accessToken (OAuth).",
  },
  {
    id: "yahoo",
    name: "Yahoo Mail",
    host: "smtp.mail.yahoo.com",
    port: 465,
    security: "implicit",
    hint: `${APP_PASSWORD}: make one in the account's security settings.`,
  },
  {
    id: "icloud",
    name: "iCloud Mail",
    host: "smtp.mail.me.com",
    port: 587,
    security: "starttls",
    hint: `${APP_PASSWORD}: make an app-specific one at https://account.apple.com.`,
  },
  {
    id: "fastmail",
    name: "Fastmail",
    host: "smtp.fastmail.com",
    port: 465,
    security: "implicit",
    hint: `${APP_PASSWORD}: make one under Settings, Privacy & Security.`,
  },
  {
    id: "zoho",
    name: "Zoho Mail",
    host: "smtp.zoho.com",
    port: 465,
    security: "implicit",
    hint: `${APP_PASSWORD} once two-factor authentication is on. Accounts in other regions have smtp.zoho.eu, smtp.zoho.in and so on.`,
  },
  {
    id: "sendgrid",
    name: "Twilio SendGrid",
    host: "smtp.sendgrid.net",
    port: 587,
    security: "starttls",
    username: "apikey",
    hint: "The user name is the word apikey, the password an API key with the permission Mail Send.",
  },
  {
    id: "amazon-ses",
    name: "Amazon SES",
    host: "email-smtp.us-east-1.amazonaws.com",
    port: 587,
    security: "starttls",
    hint: "It takes SMTP credentials, which SES makes for each region; access keys of AWS do not work. The host holds the region.",
  },
  {
    id: "mailgun",
    name: "Mailgun",
    host: "smtp.mailgun.org",
    port: 587,
    security: "starttls",
    hint: "It takes the SMTP credentials of the sending domain, not an API key. Domains in the EU have smtp.eu.mailgun.org.",
  },
  {
    id: "postmark",
    name: "Postmark",
    host: "smtp.postmarkapp.com",
    port: 587,
    security: "starttls",
    hint: "User name and password are both the server's API token, or an SMTP token's access key and secret.",
  },
  {
    id: "brevo",
    name: "Brevo",
    host: "smtp-relay.brevo.com",
    port: 587,
    security: "starttls",
    hint: "The password is an SMTP key, which is not an API key, and the user name the login shown beside it.",
  },
  {
    id: "mailjet",
    name: "Mailjet",
    host: "in-v3.mailjet.com",
    port: 587,
    security: "starttls",
    hint: "The user name is an API key and the password its secret key.",
  },
  {
    id: "resend",
    name: "Resend",
    host: "smtp.resend.com",
    port: 465,
    security: "implicit",
    username: "resend",
    hint: "The user name is the word resend, the password an API key.",
  },
  {
    id: "cloudflare",
    name: "Cloudflare Email Service",
    host: "smtp.mx.cloudflare.net",
    port: 465,
    security: "implicit",
    username: "api_token",
    hint: "The user name is the word api_token, the password an API token with the permission Email Sending: Edit. From a Worker use the send_email binding instead.",
  },
];

/** The same error, with what to try when a known service refuses credentials. */
export function withHint(error: unknown, host: string): unknown {
  if (!isMailError(error) || !(error.code === "auth-failed" || error.code === "auth-unsupported")) return error;
  const provider = findProvider(host);
  if (provider === undefined) return error;
  const { code, message, phase, retryable, reply, trace } = error;
  return new MailError(code, `${message} ${provider.name}: ${provider.hint}`, {
    phase,
    retryable,
    reply,
    trace,
    cause: error,
  });
}

/** By its host; regions have hosts of their own. */
function findProvider(host: string): Provider | undefined {
  const id = REGIONAL.find(([pattern]) => pattern.test(host))?.[1];
  return PROVIDERS.find((provider) => provider.host === host || provider.id === id);
}

const REGIONAL = [
  [/^email-smtp\.[\w-]+\.amazonaws\.com$/, "amazon-ses"],
  [/^smtp(?:pro)?\.zoho\.[\w.]+$/, "zoho"],
  [/^smtp\.eu\.mailgun\.org$/, "mailgun"],
] as const;
