import type { SendOptions } from "@edgepost/core";
import { connectionSchema, messageSchema } from "@edgepost/core/schema";
import * as z from "zod";
import type { ConnectionChoice } from "../connections/connections.ts";
import { type ProblemIssue, RequestProblem } from "../http/problem.ts";
import { shapeIssues } from "../http/shape.ts";
import type { RequestedMessage } from "./build.ts";

/** What a send takes: the fields of a message, beside the connection that shall carry it. */
export interface SendBody extends RequestedMessage {
  readonly connection: ConnectionChoice;
  readonly recipients: SendOptions["recipients"];
}

export const sendBodySchema = messageSchema
  .extend({
    connection: z
      .union([z.string(), connectionSchema])
      .optional()
      .describe("The name of a connection, or one to bring along. Default: the system connection."),
    recipients: z
      .enum(["best-effort", "all-or-none"])
      .optional()
      .describe("What to do when some recipients are refused. Default: best-effort, which sends to the others."),
  })
  .meta({ id: "SendBody", title: "A message to send" });

/**
 * Takes a body apart. What is wrong inside the message is told together with what core finds in it.
 * @throws RequestProblem `invalid-message` or `invalid-connection`.
 */
export function parseSendBody(body: unknown): SendBody {
  if (!isObject(body)) throw invalid("invalid-message", { pointer: "", detail: "must be an object" });
  const { connection, recipients, ...message } = body;
  if (connection !== undefined && typeof connection !== "string" && !isObject(connection)) {
    throw invalid("invalid-connection", { pointer: "/connection", detail: "must be a name, or an object" });
  }
  if (recipients !== undefined && recipients !== "best-effort" && recipients !== "all-or-none") {
    throw invalid("invalid-message", { pointer: "/recipients", detail: 'must be "best-effort" or "all-or-none"' });
  }
  const issues = shapeIssues(messageSchema, message);
  return { connection: connection as ConnectionChoice, recipients, message, issues };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function invalid(code: "invalid-message" | "invalid-connection", issue: ProblemIssue): RequestProblem {
  return new RequestProblem(code, `${issue.pointer || "The body"} ${issue.detail}.`, { errors: [issue] });
}
