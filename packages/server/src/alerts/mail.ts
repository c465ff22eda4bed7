import { isMailError } from "@edgepost/core";
import type { Services } from "../context.ts";
import { RequestProblem } from "../http/problem.ts";
import { type ApiKey, SCOPES } from "../keys/scopes.ts";
import { enqueue } from "../messages/enqueue.ts";
import { send } from "../messages/send.ts";
import type { AlertRecord } from "../store/alert-record.ts";

/** Whom the mail about alerts stands in the log for. */
const KEY: ApiKey = { id: "alerts", name: "alerts", scopes: SCOPES, connections: null, expiresAt: null };

/** Alerts whose subject is a connection. */
const CONNECTION_KINDS: ReadonlySet<AlertRecord["kind"]> = new Set(["queue.stuck", "connection.paused"]);

/**
 * Sends the mail about an alert over the system connection: through the queue, where there is one. An alert about that
 * connection itself is not sent over it.
 */
export async function mailAlert(
  services: Services,
  to: readonly string[],
  { kind, subject, detail }: AlertRecord,
): Promise<string> {
  const system = await services.store.connections.findSystem();
  if (system === undefined) return "Not sent: there is no system connection.";
  if (CONNECTION_KINDS.has(kind) && subject === system.name) return "Not sent: it is about the system connection.";
  const text = `${detail}\n\nSee GET /v1/alerts; POST /v1/alerts/{id}/mute ends the mails about this.\n`;
  const message = { to, subject: `[edgepost] ${kind}: ${subject}`, text };
  const body = { connection: undefined, recipients: undefined, message, issues: [] };
  try {
    await (services.queue === undefined ? send : enqueue)(services, { key: KEY, body, idempotency: null });
    return "Sent.";
  } catch (error) {
    if (isMailError(error) || error instanceof RequestProblem) return `Not sent: ${error.message}`;
    throw error;
  }
}
