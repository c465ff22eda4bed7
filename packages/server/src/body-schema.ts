import type { MessageInput, SendOptions, SmtpConnection } from "@edgepost/core";
import { type ProblemIssue, RequestProblem } from "./problem.ts";

/** What `POST /v1/messages` takes: the fields of a message, beside the connection that shall carry it. */
export interface SendBody {
  readonly connection: string | SmtpConnection;
  readonly recipients: SendOptions["recipients"];
  readonly message: MessageInput;
}

/**
 * Takes a body apart. What is inside message and connection is checked by core, which trusts nothing it is given.
 * @throws RequestProblem `invalid-message` or `invalid-connection`.
 */
export function parseSendBody(body: unknown): SendBody {
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    throw invalid("invalid-message", { pointer: "", detail: "must be an object" });
  }
  const { connection, recipients, ...message } = body as Record<string, unknown>;
  if (typeof connection !== "string" && (typeof connection !== "object" || connection === null)) {
    throw invalid("invalid-connection", { pointer: "/connection", detail: "must be a name, or an object" });
  }
  if (recipients !== undefined && recipients !== "best-effort" && recipients !== "all-or-none") {
    throw invalid("invalid-message", { pointer: "/recipients", detail: 'must be "best-effort" or "all-or-none"' });
  }
  return { connection: connection as string | SmtpConnection, recipients, message };
}

function invalid(code: "invalid-message" | "invalid-connection", issue: ProblemIssue): RequestProblem {
  return new RequestProblem(code, `${issue.pointer || "The body"} ${issue.detail}.`, { errors: [issue] });
}
