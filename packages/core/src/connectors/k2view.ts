import type { AddressInput, AttachmentContent, MessageInput } from "../message/input.ts";
import type { Connector } from "./connector.ts";
import { Form } from "./form.ts";

/** The SMTP interface: https://support.k2view.com/Academy/articles/24_non_DB_interfaces/08_SMTP_interface.html */
export interface K2ViewInterface {
  /** The recipient where the actor names none. */
  readonly To: AddressInput;
  readonly From: AddressInput;
  readonly User: string;
  readonly Password: string;
  readonly Host: string;
  readonly Port: number | string;
}

/** The input arguments of the Email actor of a Broadway flow. */
export interface K2ViewEmail {
  /** Not read: the name of the interface is what the connection is found by. */
  readonly interface?: unknown;
  /** In place of the interface's To. */
  readonly recipients?: readonly string[] | undefined;
  readonly subject?: string | undefined;
  readonly body?: string | undefined;
  /** The body is HTML. Default: false. */
  readonly isHtml?: boolean | undefined;
  readonly attachmentName?: string | undefined;
  readonly attachment?: AttachmentContent | undefined;
}

const INTERFACE = { To: [], From: [], User: [], Password: [], Host: [], Port: [] };
const EMAIL = { interface: [], recipients: [], subject: [], body: [], isHtml: [], attachmentName: [], attachment: [] };

/**
 * K2View: an interface that knows sender and recipient, and an actor that adds the rest. All of the interface is required.
 *
 * @example
 * const smtp = { To: "ops@acme.com", From: "billing@acme.com", User: username, Password: password, Host: "smtp.acme.com", Port: 587 };
 * k2view.connection(smtp);
 * k2view.message({ recipients: ["ada@example.com"], subject: "Hello", body: "<p>Hello</p>", isHtml: true }, smtp);
 */
export const k2view: Connector<K2ViewInterface, K2ViewEmail> = {
  connection(input) {
    const form = new Form("invalid-connection", input, INTERFACE);
    form.require("To", "From", "User", "Password", "Host", "Port");
    const port = form.port("Port");
    return form.endConnection(
      {
        host: form.text("Host") ?? "",
        port,
        allowPort25: port === 25,
        auth: form.credentials("User", "Password"),
        defaults: { from: form.addresses("From"), to: form.addresses("To") },
      },
      {
        host: "Host",
        port: "Port",
        "auth.username": "User",
        "auth.password": "Password",
        "defaults.from": "From",
        "defaults.to": "To",
      },
    );
  },

  message(input, connection) {
    const defaults = connection === undefined ? {} : k2view.connection(connection).defaults;
    const form = new Form("invalid-message", input, EMAIL);
    const recipients = form.addresses("recipients");
    const body = form.text("body");
    return form.end({
      from: defaults?.from,
      to: isEmptyList(recipients) ? defaults?.to : recipients,
      subject: form.text("subject"),
      ...(form.flag("isHtml", false) ? { html: body } : { text: body }),
      attachments: readAttachment(form),
    });
  },
};

/** The actor's list of recipients is empty where none were added to it. */
function isEmptyList(recipients: AddressInput | undefined): boolean {
  return recipients === undefined || (Array.isArray(recipients) && recipients.length === 0);
}

function readAttachment(form: Form<keyof typeof EMAIL>): MessageInput["attachments"] {
  if (form.has("attachmentName") && !form.has("attachment")) form.refuse("attachment", "is missing, and has a name");
  if (!form.has("attachment")) return undefined;
  // What it may be is checked with the message.
  return [{ filename: form.text("attachmentName"), content: form.value("attachment") as AttachmentContent }];
}
