import type { AttachmentContent, AttachmentInput } from "../message/input.ts";
import { isRecord } from "../util/fields.ts";
import { answerLikeNodemailer, type NodemailerAnswer } from "./answer.ts";
import type { Connector } from "./connector.ts";
import { Form } from "./form.ts";

/** The SMTP connection: https://prismatic.io/docs/components/smtp/ */
export interface PrismaticConnection {
  readonly host: string;
  /** Default: 587. 25 is disallowed. */
  readonly port?: number | string | undefined;
  /** "Use TLS". Default: true. */
  readonly secure?: boolean | "true" | "false" | undefined;
  /** "Ignore Self-Signed Certificates". Default: false. */
  readonly allowUnauthorized?: boolean | "true" | "false" | undefined;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
}

/** The inputs of the action Send Email. Those named JSON take an array, or the JSON of one. */
export interface PrismaticSendEmail {
  readonly to?: string | readonly string[] | undefined;
  /** "Dynamic To Address" */
  readonly toJson?: string | readonly string[] | undefined;
  readonly from?: string | undefined;
  readonly cc?: string | readonly string[] | undefined;
  readonly ccJson?: string | readonly string[] | undefined;
  readonly bcc?: string | readonly string[] | undefined;
  readonly bccJson?: string | readonly string[] | undefined;
  readonly replyTo?: string | readonly string[] | undefined;
  readonly subject: string;
  readonly text: string;
  readonly html?: string | undefined;
  /** File names and their files, as a map or as a list of keys and values. */
  readonly attachments?: Readonly<Record<string, PrismaticFile>> | readonly KeyValue[] | undefined;
  /** The same as a list whose texts are base64. */
  readonly multipleAttachments?: string | readonly KeyValue[] | undefined;
}

/** A file, or what a step before this one gave: its data and content type. */
export type PrismaticFile = AttachmentContent | { readonly data: unknown; readonly contentType?: string };

interface KeyValue {
  readonly key: string;
  readonly value: PrismaticFile;
}

const CONNECTION = {
  host: [],
  port: [],
  secure: ["Use TLS"],
  allowUnauthorized: ["Ignore Self-Signed Certificates"],
  username: [],
  password: [],
};

const SEND_EMAIL = {
  connection: [],
  to: ["To Address"],
  toJson: ["Dynamic To", "Dynamic To Address"],
  from: [],
  cc: ["Cc Address"],
  ccJson: ["CC Address (JSON)"],
  bcc: ["Bcc Address"],
  bccJson: ["BCC Address (JSON)"],
  replyTo: [],
  subject: [],
  text: [],
  html: [],
  attachments: [],
  multipleAttachments: [],
};

/**
 * Prismatic: TLS and port 25 are decided in the form, credentials are optional, and every list has a twin for JSON.
 *
 * @example
 * prismatic.connection({ Host: "smtp.acme.com", Port: "587", "Use TLS": "true", Username: username, Password: password });
 * prismatic.message({ "To Address": "ada@example.com", From: "billing@acme.com", Subject: "Hello", Text: "Hello" });
 */
export const prismatic: Connector<PrismaticConnection, PrismaticSendEmail, { readonly data: NodemailerAnswer }> = {
  connection(input) {
    const form = new Form("invalid-connection", input, CONNECTION);
    form.require("host");
    const port = form.port("port");
    if (port === 25) form.refuse("port", "25 is disallowed, as unencrypted SMTP is insecure");
    // Without "Use TLS" STARTTLS is still used where the server offers it, and the password leaves where it does not.
    const useTls = form.flag("secure", true) || port === 465;
    return form.endConnection(
      {
        host: form.text("host") ?? "",
        port,
        security: useTls ? "auto" : "opportunistic",
        allowClearText: !useTls,
        tls: { rejectUnauthorized: !form.flag("allowUnauthorized", false) },
        auth: form.credentials("username", "password"),
      },
      { host: "host", port: "port", "auth.username": "username", "auth.password": "password" },
    );
  },

  message(input) {
    const form = new Form("invalid-message", input, SEND_EMAIL);
    form.require("subject", "text");
    if (!form.has("toJson")) form.require("to");
    return form.end({
      from: form.addresses("from"),
      to: readAddresses(form, "to", "toJson"),
      cc: readAddresses(form, "cc", "ccJson"),
      bcc: readAddresses(form, "bcc", "bccJson"),
      replyTo: form.addresses("replyTo"),
      subject: form.text("subject"),
      text: form.text("text"),
      html: form.text("html"),
      attachments: [...readAttachments(form), ...readMultipleAttachments(form)],
    });
  },

  response: (receipt) => ({ data: answerLikeNodemailer(receipt) }),
};

type SendEmailForm = Form<keyof typeof SEND_EMAIL>;

/** Both lists together, each address once. */
function readAddresses(form: SendEmailForm, key: "to" | "cc" | "bcc", jsonKey: "toJson" | "ccJson" | "bccJson") {
  const listed = form.addresses(key) ?? [];
  const dynamic = form.addresses(jsonKey, form.list(jsonKey)) ?? [];
  const all = [...new Set([listed, dynamic].flat())];
  return all.length === 0 ? undefined : all;
}

function readAttachments(form: SendEmailForm): AttachmentInput[] {
  const value = form.value("attachments");
  if (!isRecord(value)) return form.list("attachments").map((entry) => readEntry(form, "attachments", entry));
  return Object.entries(value).map(([filename, file]) => ({ filename, ...readFile(file) }));
}

function readMultipleAttachments(form: SendEmailForm): AttachmentInput[] {
  return form.list("multipleAttachments").map((entry) => {
    const attachment = readEntry(form, "multipleAttachments", entry);
    return typeof attachment.content === "string" ? { ...attachment, encoding: "base64" } : attachment;
  });
}

function readEntry(form: SendEmailForm, field: "attachments" | "multipleAttachments", entry: unknown): AttachmentInput {
  const { key, value } = isRecord(entry) ? entry : {};
  if (typeof key !== "string" || value === undefined) form.refuse(field, "must be entries of a key and a value");
  return { filename: String(key), ...readFile(value) };
}

/** A buffer that went through JSON is a list of its octets. What else a file may be is checked with the message. */
function readFile(file: unknown): { content: AttachmentContent; contentType?: string } {
  if (!isRecord(file)) return { content: file as AttachmentContent };
  if (file.type === "Buffer" && Array.isArray(file.data)) return { content: Uint8Array.from(file.data) };
  const { content } = readFile(file.data);
  return typeof file.contentType === "string" ? { content, contentType: file.contentType } : { content };
}
