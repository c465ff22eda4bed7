import type { SmtpConnection } from "../connection.ts";
import type { MessageInput } from "../message/input.ts";
import type { Receipt } from "../receipt.ts";

/**
 * The SMTP connector of another platform, in edgepost's terms: its documented forms go in as they were pasted, under the
 * platform's keys or the labels of its form.
 *
 * TLS is our rule where a form has no field for it: implicit on port 465, STARTTLS required elsewhere. To say otherwise,
 * spread the result: `{ ...windmill.connection(resource), security: "none" }`.
 *
 * Both throw a `MailError`, `invalid-connection` or `invalid-message`, with all issues under the platform's own names.
 */
export interface Connector<ConnectionForm, ActionForm, Answer = never> {
  /** @throws MailError `invalid-connection` with every issue, under the platform's names. */
  connection(input: Pasted<ConnectionForm>): SmtpConnection;
  /** `connection` is the same platform's connection form, where fields of the message may stand in it. */
  message(input: Pasted<ActionForm>, connection?: Pasted<ConnectionForm>): MessageInput;
  /** What the platform's own action answers, where it documents that. */
  response?(receipt: Receipt): Answer;
}

/** A form by its keys, which an editor completes, or by its labels. */
export type Pasted<PlatformForm> = PlatformForm | Readonly<Record<string, unknown>>;
