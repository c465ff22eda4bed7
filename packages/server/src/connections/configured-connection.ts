import type { ParsedConnection, SmtpConnection } from "@edgepost/core";
import { shapeIssues } from "../http/shape.ts";
import { type DeliverySettings, deliverySchema, invalidConnection, parseReach } from "./connection-form.ts";

/** A connection of the operator's own: a URL, or an object that may say, too, how its messages are delivered. */
export type ConfiguredConnection = string | (SmtpConnection & { readonly delivery?: DeliverySettings | undefined });

/** How to reach a server of the operator's own, and how messages go there. */
export interface Configured {
  /** As it was written, for the transport. */
  readonly connection: SmtpConnection | string;
  readonly reach: ParsedConnection;
  readonly delivery: DeliverySettings;
}

/**
 * Reads a connection of the configuration, at `at` in there.
 * @throws MailError `invalid-connection` with every issue.
 */
export function parseConfigured(written: ConfiguredConnection, at = ""): Configured {
  if (typeof written !== "object" || written === null || written.delivery === undefined) {
    return { connection: written, reach: parseReach(written, at), delivery: {} };
  }
  const { delivery, ...connection } = written;
  const reach = parseReach(connection, at);
  const issues = shapeIssues(deliverySchema, delivery);
  if (issues.length === 0) return { connection, reach, delivery };
  const place = at === "" ? "delivery" : `${at}.delivery`;
  throw invalidConnection(
    issues.map(({ path, message }) => ({ path: path === "" ? place : `${place}.${path}`, message })),
  );
}
