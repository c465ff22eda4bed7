import { type Issue, inputError } from "../errors.ts";
import type { MessageInput } from "../message/input.ts";
import { isRecord } from "../util/fields.ts";
import type { Connector } from "./connector.ts";
import { Form } from "./form.ts";

/** The `smtp` resource: https://www.windmill.dev/docs/integrations/smtp */
export interface WindmillResource {
  readonly host: string;
  /** Default: 587. */
  readonly port?: number | undefined;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
}

/**
 * The arguments of a script. Windmill leaves them to its author, so they are ours, with the resource beside them and the
 * two names that Windmill's own mail script has for sender and recipient.
 */
export interface WindmillArguments extends MessageInput {
  /** Not read: the resource, or its path, is what the connection is made of. */
  readonly smtp?: unknown;
  readonly from_email?: MessageInput["from"];
  readonly to_email?: MessageInput["to"];
}

/**
 * Windmill: a resource, passed to a script or fetched by its path, and a message in the script's own terms.
 *
 * @example
 * export async function main(smtp: WindmillResource, to_email: string) {
 *   const mailer = createMailer({ transport: nodeTransport(windmill.connection(smtp)) });
 *   return mailer.send(windmill.message({ from_email: "ada@acme.com", to_email, subject: "Hello", text: "…" }));
 * }
 */
export const windmill: Connector<WindmillResource, WindmillArguments> = {
  connection(input) {
    if (typeof input === "string") {
      const message = "is the path of a resource: fetch the resource from its store and pass what is in it";
      throw inputError("invalid-connection", [{ path: "", message }]);
    }
    const form = new Form("invalid-connection", input, { host: [], port: [], user: [], password: [] });
    form.require("host");
    const port = form.port("port");
    return form.endConnection(
      { host: form.text("host") ?? "", port, allowPort25: port === 25, auth: form.credentials("user", "password") },
      { host: "host", port: "port", "auth.username": "user", "auth.password": "password" },
    );
  },

  message(input) {
    if (!isRecord(input)) throw inputError("invalid-message", [{ path: "", message: "must be an object" }]);
    const { smtp: _resource, from_email, to_email, ...message }: WindmillArguments = input;
    const issues: Issue[] = [];
    if (from_email !== undefined && message.from !== undefined) issues.push(givenTwice("from_email", "from"));
    if (to_email !== undefined && message.to !== undefined) issues.push(givenTwice("to_email", "to"));
    if (issues.length > 0) throw inputError("invalid-message", issues);
    return { ...message, from: message.from ?? from_email, to: message.to ?? to_email };
  },
};

function givenTwice(path: string, other: string): Issue {
  return { path, message: `is the same field as ${other}: give one of them` };
}
