import type { Issue } from "../errors.ts";
import { parseAddresses } from "../message/address.ts";
import type { MessageDefaults } from "../message/input.ts";
import type { Fields } from "../util/fields.ts";

/** Checked here, so that a connection that is saved once does not fail message by message. */
export function parseDefaults(fields: Fields<MessageDefaults>, issues: Issue[]): MessageDefaults {
  const addresses = ["from", "to", "cc", "bcc", "replyTo"] as const;
  for (const name of addresses) if (fields.has(name)) parseAddresses(fields.raw(name), fields.pathOf(name), issues);
  const given = [...addresses, "headers" as const].filter((name) => fields.has(name));
  fields.refuseOthers();
  return Object.fromEntries(given.map((name) => [name, fields.raw(name)]));
}
