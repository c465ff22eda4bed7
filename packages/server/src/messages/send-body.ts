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
  /** Not before this time, in milliseconds since 1970. */
  readonly sendAt?: number | undefined;
  readonly onUnknown?: "keep" | "retry" | undefined;
}

const SEND_AT = "must be a time with its zone, such as 2026-12-24T18:00:00Z";

/** RFC 3339, with the zone it is meant in. */
export const sendAtSchema = z.iso.datetime({ offset: true, error: SEND_AT });

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
    sendAt: sendAtSchema.optional().describe("Keeps the message until then, and answers 202 at once."),
    onUnknown: z
      .enum(["keep", "retry"])
      .optional()
      .describe(
        "What to do with a message that waits when the link is lost after its end was sent: leave it unknown, or send it again, which may deliver it twice. Default: keep.",
      ),
  })
  .meta({ id: "SendBody", title: "A message to send" });

/**
 * Takes a body apart. What is wrong inside the message is told together with what core finds in it.
 * @throws RequestProblem `invalid-message` or `invalid-connection`.
 */
export function parseSendBody(body: unknown): SendBody {
  if (!isObject(body)) throw invalid("invalid-message", { pointer: "", detail: "must be an object" });
  const { connection, recipients, sendAt, onUnknown, ...message } = body;
  if (connection !== undefined && typeof connection !== "string" && !isObject(connection)) {
    throw invalid("invalid-connection", { pointer: "/connection", detail: "must be a name, or an object" });
  }
  if (recipients !== undefined && recipients !== "best-effort" && recipients !== "all-or-none") {
    throw invalid("invalid-message", { pointer: "/recipients", detail: 'must be "best-effort" or "all-or-none"' });
  }
  if (onUnknown !== undefined && onUnknown !== "keep" && onUnknown !== "retry") {
    throw invalid("invalid-message", { pointer: "/onUnknown", detail: 'must be "keep" or "retry"' });
  }
  const time = sendAt === undefined ? undefined : sendAtSchema.safeParse(sendAt);
  if (time?.success === false) throw invalid("invalid-message", { pointer: "/sendAt", detail: SEND_AT });
  const issues = shapeIssues(messageSchema, message);
  const at = time && Date.parse(time.data);
  return { connection: connection as ConnectionChoice, recipients, onUnknown, sendAt: at, message, issues };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function invalid(code: "invalid-message" | "invalid-connection", issue: ProblemIssue): RequestProblem {
  return new RequestProblem(code, `${issue.pointer || "The body"} ${issue.detail}.`, { errors: [issue] });
}
