import type { AttachmentInput } from "../message/input.ts";
import type { Receipt } from "../receipt.ts";
import { isRecord } from "../util/fields.ts";
import type { Connector } from "./connector.ts";
import { Form } from "./form.ts";

/** The SMTP datasource: https://docs.appsmith.com/connect-data/reference/using-smtp */
export interface AppsmithDatasource {
  readonly host: string;
  /** Default: 25, as in Appsmith. */
  readonly port?: number | string | undefined;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
}

/** The query Send email. */
export interface AppsmithSendEmail {
  readonly from: string;
  /** "Set Reply To Email", the switch that shows and uses the next field. Default: false. */
  readonly isReplyTo?: boolean | undefined;
  readonly replyTo?: string | undefined;
  /** Separated by commas, as are `cc` and `bcc`. */
  readonly to: string;
  readonly cc?: string | undefined;
  readonly bcc?: string | undefined;
  readonly subject?: string | undefined;
  /** Default: `text/html`. */
  readonly bodyType?: "text/html" | "text/plain" | undefined;
  readonly body?: string | undefined;
  /** Files of a Filepicker: a list, the JSON of one, or a single file. */
  readonly attachments?: readonly AppsmithFile[] | AppsmithFile | string | undefined;
}

/** One file of a Filepicker. */
export interface AppsmithFile {
  readonly name: string;
  readonly type?: string | undefined;
  /** Data format Base64: `data:image/png;base64,…` */
  readonly data: string;
}

/** What Appsmith's own query answers; `success` only when everybody was accepted. */
export interface AppsmithAnswer {
  readonly success: boolean;
  readonly message: string;
}

const DATASOURCE = { host: ["Host Address"], port: [], username: [], password: [] };

const SEND_EMAIL = {
  from: ["From email"],
  isReplyTo: ["Set Reply To Email", "Set Reply To"],
  replyTo: ["Reply to email"],
  to: ["To email(s)"],
  cc: ["CC email(s)"],
  bcc: ["BCC email(s)"],
  subject: [],
  bodyType: [],
  body: [],
  attachments: ["Attachment(s)"],
};

/**
 * Appsmith: one body, HTML unless said otherwise, a sender in every query, and credentials that may be left out.
 *
 * @example
 * appsmith.connection({ "Host Address": "smtp.acme.com", Port: 587, Username: "billing", Password: password });
 * appsmith.message({ "From email": "billing@acme.com", "To email(s)": "ada@example.com", Subject: "Hello", Body: "<p>Hello</p>" });
 */
export const appsmith: Connector<AppsmithDatasource, AppsmithSendEmail, AppsmithAnswer> = {
  connection(input) {
    const form = new Form("invalid-connection", input, DATASOURCE);
    form.require("host");
    const port = form.port("port") ?? 25;
    return form.endConnection(
      { host: form.text("host") ?? "", port, allowPort25: port === 25, auth: form.credentials("username", "password") },
      { host: "host", port: "port", "auth.username": "username", "auth.password": "password" },
    );
  },

  message(input) {
    const form = new Form("invalid-message", input, SEND_EMAIL);
    form.require("from", "to");
    const body = form.text("body") ?? "";
    const replyTo = form.addresses("replyTo");
    return form.end({
      from: form.addresses("from"),
      replyTo: form.flag("isReplyTo", false) ? replyTo : undefined,
      to: form.addresses("to"),
      cc: form.addresses("cc"),
      bcc: form.addresses("bcc"),
      subject: form.text("subject"),
      ...(isHtml(form) ? { html: body } : { text: body }),
      attachments: readFiles(form),
    });
  },

  response({ rejected, unknown = [] }: Receipt) {
    const others = [...rejected.map(({ address }) => address), ...unknown];
    if (others.length === 0) return { success: true, message: "Email sent successfully" };
    return { success: false, message: `Email not sent to ${others.join(", ")}` };
  },
};

type SendEmailForm = Form<keyof typeof SEND_EMAIL>;

function isHtml(form: SendEmailForm): boolean {
  const bodyType = (form.text("bodyType") ?? "text/html").toLowerCase();
  if (!["text/html", "html", "text/plain", "plain text"].includes(bodyType)) {
    form.refuse("bodyType", 'must be "text/html" or "text/plain"');
  }
  return bodyType.endsWith("html");
}

function readFiles(form: SendEmailForm): AttachmentInput[] {
  const value = form.value("attachments");
  const files = isRecord(value) ? [value] : form.list("attachments");
  return files.map((file) => readFile(form, file));
}

/** Appsmith takes the part after `;base64,` and refuses a file without it. */
function readFile(form: SendEmailForm, file: unknown): AttachmentInput {
  const { name, type, data } = isRecord(file) ? file : {};
  const [, base64] = typeof data === "string" ? data.split(";base64,") : [];
  if (typeof name !== "string" || base64 === undefined) {
    form.refuse("attachments", 'must be file objects with a name and data of "data:…;base64,…"');
  }
  return {
    filename: String(name),
    contentType: typeof type === "string" && type !== "" ? type : undefined,
    content: base64 ?? "",
    encoding: "base64",
  };
}
