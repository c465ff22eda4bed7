import type { Issue } from "../errors.ts";
import { parseAddresses } from "../message/address.ts";
import { messageHeaderRule, parseHeaders } from "../message/headers.ts";
import type { MessageDefaults } from "../message/input.ts";
import type { Fields } from "../util/fields.ts";

const ADDRESS_FIELDS = ["from", "to", "cc", "bcc", "replyTo"] as const;

/** Checked here, so that a connection saved once does not fail message by message; read again with each message. */
export function parseDefaults(fields: Fields<MessageDefaults>, issues: Issue[]): MessageDefaults {
  const defaults: [keyof MessageDefaults, unknown][] = [];
  for (const name of ADDRESS_FIELDS) {
    if (!fields.has(name)) continue;
    parseAddresses(fields.raw(name), fields.pathOf(name), issues);
    defaults.push([name, fields.raw(name)]);
  }
  if (fields.has("headers")) {
    parseHeaders(fields.raw("headers"), fields.pathOf("headers"), messageHeaderRule, issues);
    defaults.push(["headers", fields.raw("headers")]);
  }
  fields.refuseOthers();
  return Object.fromEntries(defaults);
}
