import type { MessageInput, SendOptions, SmtpConnection } from "@edgepost/core";
import { connectionSchema, messageSchema } from "@edgepost/core/schema";
import { z } from "zod";
import { pointerOf } from "./json-pointer.ts";
import { type ProblemIssue, RequestProblem } from "./problem.ts";

/** What `POST /v1/messages` takes: the fields of a message, beside the connection that shall carry it. */
export interface SendBody {
  readonly connection: string | SmtpConnection;
  readonly recipients: SendOptions["recipients"];
  readonly message: MessageInput;
}

const recipients = z.enum(["best-effort", "all-or-none"]).optional();

/** Two schemas and not one with a union, so that issues tell what is wrong with the form that was meant. */
const named = messageSchema.extend({ connection: z.string(), recipients });
const inline = messageSchema.extend({ connection: connectionSchema, recipients });

/** @throws RequestProblem `invalid-message` or `invalid-connection` with every issue. */
export function parseSendBody(body: unknown): SendBody {
  const result = (bringsConnection(body) ? inline : named).safeParse(body);
  if (!result.success) throw invalid(result.error.issues.flatMap(toProblemIssues));
  const { connection, recipients, ...message } = result.data;
  return { connection, recipients, message } as SendBody;
}

function bringsConnection(body: unknown): boolean {
  return typeof body === "object" && body !== null && "connection" in body && typeof body.connection === "object";
}

function invalid(errors: readonly ProblemIssue[]): RequestProblem {
  const isConnection = errors.every(({ pointer }) => /^\/connection(\/|$)/.test(pointer));
  const detail = errors.map(({ pointer, detail }) => `${pointer || "the body"}: ${detail}`).join("; ");
  return new RequestProblem(isConnection ? "invalid-connection" : "invalid-message", detail, { errors });
}

function toProblemIssues(issue: z.core.$ZodIssue): ProblemIssue[] {
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => ({ pointer: pointerOf([...issue.path, key]), detail: "is not a field" }));
  }
  return [{ pointer: pointerOf(issue.path), detail: issue.message }];
}
