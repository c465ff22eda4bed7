import type { AddressInput, AttachmentInput } from "../message/input.ts";
import { isRecord } from "../util/fields.ts";
import { answerLikeNodemailer, type NodemailerAnswer } from "./answer.ts";
import type { Connector } from "./connector.ts";
import { Form } from "./form.ts";
import { bindKeywords, type Keywords } from "./keywords.ts";

/** The SMTP connector's account: https://docs.dronahq.com/reference/connectors/smtp/ */
export interface DronaHqAccount {
  /** What the account is listed by: letters, digits and underscores, a letter first. */
  readonly accountName: string;
  /** Name or IP address. */
  readonly host: string;
  readonly port: number | string;
  readonly username: string;
  readonly password: string;
}

/** The action sendMail. Any field may be, or contain, `{{keyword}}`. */
export interface DronaHqSendMail {
  readonly sender: AddressInput;
  readonly receiver: AddressInput;
  readonly cc?: AddressInput | undefined;
  readonly bcc?: AddressInput | undefined;
  /** Default: the sender, as for any message. */
  readonly replyTo?: AddressInput | undefined;
  readonly subject?: string | undefined;
  /** Default: `Text`. */
  readonly contentType?: "HTML" | "Text" | undefined;
  readonly body?: string | undefined;
  /** URLs, files, or a list of both. */
  readonly attachments?: unknown;
  /** What the keywords stand for. */
  readonly keywords?: Keywords | undefined;
}

const ACCOUNT = { accountName: ["Environment/ Account Name"], host: [], port: [], username: [], password: [] };

const SEND_MAIL = {
  sender: ["Sender's email", "From", "From Email"],
  receiver: ["Receiver's email", "To", "To Email(s)"],
  cc: ["CC Email(s)"],
  bcc: ["BCC Email(s)"],
  replyTo: [],
  subject: [],
  contentType: [],
  body: ["Message Body", "Message"],
  attachments: ["Attachment"],
  keywords: [],
};

/** Letters, digits and underscores, a letter first: the rule beside the field. */
const ACCOUNT_NAME = /^[a-z]\w*$/i;

/**
 * DronaHQ: everything of an account is required, and every field of the action may be bound to keywords.
 *
 * @example
 * dronahq.connection({ accountName: "billing", host: "smtp.acme.com", port: 587, username, password });
 * dronahq.message({ sender: "billing@acme.com", receiver: "{{to}}", body: "Hello", keywords: { to: "ada@example.com" } });
 */
export const dronahq: Connector<DronaHqAccount, DronaHqSendMail, NodemailerAnswer> = {
  connection(input) {
    const form = new Form("invalid-connection", input, ACCOUNT);
    form.require("accountName", "host", "port", "username", "password");
    if (!ACCOUNT_NAME.test(form.text("accountName") ?? "")) {
      form.refuse("accountName", "must be letters, digits and underscores, and begin with a letter");
    }
    const port = form.port("port");
    return form.endConnection(
      { host: form.text("host") ?? "", port, allowPort25: port === 25, auth: form.credentials("username", "password") },
      { host: "host", port: "port", "auth.username": "username", "auth.password": "password" },
    );
  },

  message(input) {
    const form = new Form("invalid-message", input, SEND_MAIL);
    form.require("sender", "receiver");
    const isHtml = readContentType(form) === "html";
    const body = bindText(form, "body", isHtml ? escapeHtml : asItIs);
    return form.end({
      from: bindAddresses(form, "sender"),
      to: bindAddresses(form, "receiver"),
      cc: bindAddresses(form, "cc"),
      bcc: bindAddresses(form, "bcc"),
      replyTo: bindAddresses(form, "replyTo"),
      subject: bindText(form, "subject", asItIs),
      ...(isHtml ? { html: body } : { text: body }),
      attachments: readAttachments(form),
    });
  },

  response: answerLikeNodemailer,
};

type SendMailForm = Form<keyof typeof SEND_MAIL>;
type Fit = (text: string) => string | undefined;

function bind(form: SendMailForm, key: keyof typeof SEND_MAIL, fit: Fit): unknown {
  const keywords = form.value("keywords") ?? {};
  if (!isRecord(keywords)) form.refuse("keywords", "must be an object of values by name");
  const refuse = (issue: string) => form.refuse(key, issue);
  return bindKeywords(form.value(key), { keywords: isRecord(keywords) ? keywords : {}, fit, refuse });
}

function bindText(form: SendMailForm, key: "subject" | "body" | "contentType", fit: Fit): string | undefined {
  const value = bind(form, key, fit);
  return form.text(key, typeof value === "number" || typeof value === "boolean" ? String(value) : value);
}

function bindAddresses(form: SendMailForm, key: "sender" | "receiver" | "cc" | "bcc" | "replyTo") {
  return form.addresses(key, bind(form, key, withoutStructure));
}

function readContentType(form: SendMailForm): string {
  const contentType = (bindText(form, "contentType", asItIs) ?? "Text").toLowerCase();
  if (contentType !== "html" && contentType !== "text") form.refuse("contentType", 'must be "HTML" or "Text"');
  return contentType;
}

/** Bound lists stand inside the list of the form: `["{{files}}", "https://…"]`. */
function readAttachments(form: SendMailForm): AttachmentInput[] {
  const value = bind(form, "attachments", asItIs) ?? [];
  return [value].flat(2).flatMap((item) => {
    // Several URLs in one text control.
    if (typeof item === "string") return item.split(/[\s,]+(?=https?:)/).map((url) => readAttachment(form, url.trim()));
    return [readAttachment(form, item)];
  });
}

function readAttachment(form: SendMailForm, item: unknown): AttachmentInput {
  if (item instanceof Blob) return { filename: "name" in item ? String(item.name) : undefined, content: item };
  if (isRecord(item)) {
    const { name, ...attachment } = item;
    // An attachment as messages have it, checked with the message.
    return { filename: name, ...attachment } as unknown as AttachmentInput;
  }
  const url = String(item);
  if (!URL.canParse(url)) form.refuse("attachments", "must be URLs, files, or a list of both");
  return { url };
}

function asItIs(text: string): string {
  return text;
}

function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** What a person typed into a control must not become a second recipient: inside an address it may have no structure. */
function withoutStructure(text: string): string | undefined {
  return /[,;:<>()[\]"\\\r\n]/.test(text) ? undefined : text;
}
