import type { MessageInput, SendOptions } from "@edgepost/core";
import { connectionSchema, messageSchema } from "@edgepost/core/schema";
import { z } from "zod";
import type { ConnectionChoice } from "../connections/connections.ts";
import { type ProblemIssue, RequestProblem } from "../http/problem.ts";

/** What a send takes: the fields of a message, beside the connection that shall carry it. */
export interface SendBody {
  readonly connection: ConnectionChoice;
  readonly recipients: SendOptions["recipients"];
  readonly message: MessageInput;
}

const recipients = z
  .enum(["best-effort", "all-or-none"])
  .optional()
  .describe("What to do when some recipients are refused. Default: best-effort, which sends to the others.");

export const sendBodySchema = messageSchema
  .extend({
    connection: z
      .union([z.string(), connectionSchema])
      .optional()
      .describe("The name of a connection, or one to bring along. Default: the system connection."),
    recipients,
  })
  .meta({ id: "SendBody", title: "A message to send" });

/**
 * Takes a body apart. What is inside message and connection is checked where they are used.
 * @throws RequestProblem `invalid-message` or `invalid-connection`.
 */
export function parseSendBody(body: unknown): SendBody {
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    throw invalid("invalid-message", { pointer: "", detail: "must be an object" });
  }
  const { connection, recipients, ...message } = body as Record<string, unknown>;
  if (!isChoice(connection)) {
    throw invalid("invalid-connection", { pointer: "/connection", detail: "must be a name, or an object" });
  }
  if (recipients !== undefined && recipients !== "best-effort" && recipients !== "all-or-none") {
    throw invalid("invalid-message", { pointer: "/recipients", detail: 'must be "best-effort" or "all-or-none"' });
  }
  return { connection, recipients, message };
}

function isChoice(connection: unknown): connection is ConnectionChoice {
  if (connection === undefined || typeof connection === "string") return true;
  return typeof connection === "object" && connection !== null && !Array.isArray(connection);
}

function invalid(code: "invalid-message" | "invalid-connection", issue: ProblemIssue): RequestProblem {
  return new RequestProblem(code, `${issue.pointer || "The body"} ${issue.detail}.`, { errors: [issue] });
}
