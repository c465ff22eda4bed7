import type * as z from "zod";
import { newConnectionSchema } from "../connections/connection-form.ts";
import type { Scope } from "../keys/scopes.ts";
import { batchBodySchema } from "../messages/batch.ts";
import { logQuerySchema } from "../messages/log.ts";
import { sendBodySchema } from "../messages/send-body.ts";
import { changeConnectionSchema, verifyBodySchema, verifyCandidateSchema } from "../routes/connections.ts";
import { connectorBodySchema } from "../routes/connectors.ts";
import { eventQuerySchema } from "../routes/events.ts";
import { newKeySchema } from "../routes/keys.ts";
import { changeMessageSchema, retryMessageSchema } from "../routes/messages.ts";
import { newSuppressionSchema, suppressionQuerySchema } from "../routes/suppressions.ts";
import * as answers from "./answers.ts";

/** A route, as the documentation tells it. */
export interface Operation {
  readonly id: string;
  readonly method: "get" | "post" | "patch" | "delete";
  readonly path: string;
  readonly tag: "Messages" | "Connections" | "Suppressions" | "Keys" | "Server";
  readonly summary: string;
  readonly description?: string;
  /** Undefined for a route that needs no key, null for one that any key opens. */
  readonly scope?: Scope | null;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodType;
  readonly isForm?: boolean;
  /** Answered event by event (text/event-stream); `answer` is the data of one. */
  readonly isStream?: boolean;
  /** It may be stored instead, to be sent later: a 202 with this. */
  readonly waiting?: z.ZodType;
  readonly isIdempotent?: boolean;
  /** Whether `Prefer: return=minimal` leaves the body of its answer away. */
  readonly mayBeMinimal?: boolean;
  /** A request that works, on a server with a connection `default` and one `team/alerts`. */
  readonly example?: unknown;
  readonly status: 200 | 201 | 202 | 204;
  readonly answer?: z.ZodType;
}

const MESSAGE = {
  connection: "default",
  from: "Acme <billing@acme.com>",
  to: ["ada@example.com", { name: "Grace", address: "grace@example.com" }],
  subject: "Your invoice",
  text: "Dear Ada, …",
  html: "<p>Dear Ada, …</p>",
  attachments: [{ filename: "invoice.pdf", content: "JVBERi0xLjQ=", encoding: "base64" }],
};

const CONNECTION = {
  host: "smtp.acme.com",
  auth: { username: "alerts@acme.com", password: "…" },
  defaults: { from: "Acme alerts <alerts@acme.com>" },
};

export const OPERATIONS: readonly Operation[] = [
  {
    id: "sendMessage",
    method: "post",
    path: "/v1/messages",
    tag: "Messages",
    summary: "Send a message",
    description:
      'Answers when the mail server has. As a form, the part `message` is this JSON and every other part a file: an attachment takes one by `"file": "<part name>"`, the rest are attached in their order, and a part `raw` is a ready message.',
    scope: "messages:send",
    body: sendBodySchema,
    isForm: true,
    isIdempotent: true,
    example: MESSAGE,
    mayBeMinimal: true,
    status: 200,
    answer: answers.sendAnswerSchema,
    waiting: answers.waitingMessageSchema,
  },
  {
    id: "sendBatch",
    method: "post",
    path: "/v1/messages/batch",
    tag: "Messages",
    summary: "Send up to 100 messages",
    description:
      "One that fails never stops the rest. A repeated batch sends only those that were not sent. With `Prefer: respond-async` all are stored, and sent later.",
    scope: "messages:send",
    body: batchBodySchema,
    isIdempotent: true,
    example: { messages: [MESSAGE, { ...MESSAGE, to: "alan@example.com" }] },
    status: 200,
    answer: answers.batchAnswerSchema,
    waiting: answers.batchAnswerSchema,
  },
  {
    id: "previewMessage",
    method: "post",
    path: "/v1/messages/preview",
    tag: "Messages",
    summary: "See a message without sending it",
    scope: "messages:send",
    body: sendBodySchema,
    isForm: true,
    example: { ...MESSAGE, subject: "Invoice {{number}}", variables: { number: 7 } },
    status: 200,
    answer: answers.previewAnswerSchema,
  },
  {
    id: "listMessages",
    method: "get",
    path: "/v1/messages",
    tag: "Messages",
    summary: "Read the log, newest first",
    description: "A key sees what it sent itself; one with the scope `keys:write` what all of them sent.",
    scope: "messages:read",
    query: logQuerySchema,
    status: 200,
    answer: answers.messageListSchema,
  },
  {
    id: "getMessage",
    method: "get",
    path: "/v1/messages/{id}",
    tag: "Messages",
    summary: "Read what became of a message",
    scope: "messages:read",
    status: 200,
    answer: answers.loggedMessageSchema,
  },
  {
    id: "getMessageEvents",
    method: "get",
    path: "/v1/messages/{id}/events",
    tag: "Messages",
    summary: "Read every attempt of a message, and everything that happened to it",
    scope: "messages:read",
    status: 200,
    answer: answers.messageEventsSchema,
  },
  {
    id: "changeMessage",
    method: "patch",
    path: "/v1/messages/{id}",
    tag: "Messages",
    summary: "Send a message that waits at another time",
    description: "409 once sending began.",
    scope: "messages:send",
    body: changeMessageSchema,
    example: { sendAt: "2099-12-24T18:00:00Z" },
    status: 200,
    answer: answers.waitingMessageSchema,
  },
  {
    id: "cancelMessage",
    method: "post",
    path: "/v1/messages/{id}/cancel",
    tag: "Messages",
    summary: "Take back a message that waits",
    description: "409 once sending began. Between two attempts it can be taken back from those who have not got it.",
    scope: "messages:send",
    status: 200,
    answer: answers.waitingMessageSchema,
  },
  {
    id: "retryMessage",
    method: "post",
    path: "/v1/messages/{id}/retry",
    tag: "Messages",
    summary: "Send a message again to those who have not got it",
    description:
      "A deferred message before its time, or one that was done with: to everybody who was refused, or to the recipients that are named.",
    scope: "messages:send",
    body: retryMessageSchema,
    example: { recipients: ["grace@example.com"] },
    status: 202,
    answer: answers.waitingMessageSchema,
  },
  {
    id: "followEvents",
    method: "get",
    path: "/v1/events",
    tag: "Messages",
    summary: "Follow what happens, as server-sent events",
    description:
      "Goes on from `Last-Event-ID`, else from `after`, else from now. A key sees the messages it sent itself; one with the scope `keys:write` all of them, and connections.",
    scope: "messages:read",
    query: eventQuerySchema,
    isStream: true,
    status: 200,
    answer: answers.eventStreamSchema,
  },
  {
    id: "sendByConnector",
    method: "post",
    path: "/v1/connectors/{platform}/send",
    tag: "Messages",
    summary: "Send with the forms of another platform",
    description: "`platform` is windmill, k2view, prismatic, appsmith or dronahq.",
    scope: "messages:send",
    body: connectorBodySchema,
    isIdempotent: true,
    example: {
      connection: "default",
      message: { from: "billing@acme.com", to: "ada@example.com", subject: "Your invoice", body: "<p>Dear Ada, …</p>" },
    },
    status: 200,
    answer: answers.connectorAnswerSchema,
  },
  {
    id: "listConnections",
    method: "get",
    path: "/v1/connections",
    tag: "Connections",
    summary: "List connections",
    description:
      "Stored ones, and those of the server's own configuration, whose status is what happened since it started.",
    scope: "connections:use",
    status: 200,
    answer: answers.connectionListSchema,
  },
  {
    id: "createConnection",
    method: "post",
    path: "/v1/connections",
    tag: "Connections",
    summary: "Store a connection",
    scope: "connections:write",
    body: newConnectionSchema,
    example: { name: "team/news", ...CONNECTION, allowedFrom: ["@acme.com"] },
    mayBeMinimal: true,
    status: 201,
    answer: answers.storedConnectionSchema,
  },
  {
    id: "verifyCandidate",
    method: "post",
    path: "/v1/connections/verify",
    tag: "Connections",
    summary: "Test settings without storing them",
    description: "Stage by stage, on the path that sends.",
    scope: "connections:write",
    body: verifyCandidateSchema,
    example: CONNECTION,
    status: 200,
    answer: answers.verificationSchema,
  },
  {
    id: "getConnection",
    method: "get",
    path: "/v1/connections/{name}",
    tag: "Connections",
    summary: "Read a connection, with masks for its secrets",
    scope: "connections:write",
    status: 200,
    answer: answers.storedConnectionSchema,
  },
  {
    id: "changeConnection",
    method: "patch",
    path: "/v1/connections/{name}",
    tag: "Connections",
    summary: "Change some fields of a connection",
    description:
      "A merge patch (RFC 7396). Secrets that are not sent stay, unless the server they would go to, or its protection, changes: then they must be sent again.",
    scope: "connections:write",
    body: changeConnectionSchema,
    example: { defaults: { from: "Acme news <news@acme.com>" } },
    mayBeMinimal: true,
    status: 200,
    answer: answers.storedConnectionSchema,
  },
  {
    id: "deleteConnection",
    method: "delete",
    path: "/v1/connections/{name}",
    tag: "Connections",
    summary: "Delete a connection",
    scope: "connections:write",
    status: 204,
  },
  {
    id: "verifyConnection",
    method: "post",
    path: "/v1/connections/{name}/verify",
    tag: "Connections",
    summary: "Test a stored connection",
    scope: "connections:use",
    body: verifyBodySchema,
    example: { to: "ada@example.com" },
    status: 200,
    answer: answers.verificationSchema,
  },
  {
    id: "listProviders",
    method: "get",
    path: "/v1/providers",
    tag: "Connections",
    summary: "List the settings of well-known mail services",
    scope: null,
    status: 200,
    answer: answers.providerListSchema,
  },
  {
    id: "listSuppressions",
    method: "get",
    path: "/v1/suppressions",
    tag: "Suppressions",
    summary: "List who is written to no more, newest first",
    scope: "suppressions:write",
    query: suppressionQuerySchema,
    status: 200,
    answer: answers.suppressionListSchema,
  },
  {
    id: "createSuppression",
    method: "post",
    path: "/v1/suppressions",
    tag: "Suppressions",
    summary: "Write to an address no more",
    description:
      "Holds for messages that wait already, too. What was said of this address and connection before is replaced.",
    scope: "suppressions:write",
    body: newSuppressionSchema,
    example: { address: "ada@example.com", reason: "unsubscribed", note: "By the link in the newsletter" },
    status: 201,
    answer: answers.suppressionSchema,
  },
  {
    id: "deleteSuppression",
    method: "delete",
    path: "/v1/suppressions/{id}",
    tag: "Suppressions",
    summary: "Write to an address again",
    scope: "suppressions:write",
    status: 204,
  },
  {
    id: "listKeys",
    method: "get",
    path: "/v1/keys",
    tag: "Keys",
    summary: "List API keys",
    scope: "keys:write",
    status: 200,
    answer: answers.keyListSchema,
  },
  {
    id: "createKey",
    method: "post",
    path: "/v1/keys",
    tag: "Keys",
    summary: "Make an API key",
    description: "Nobody can give away a scope or a connection he does not have. The token is shown once.",
    scope: "keys:write",
    body: newKeySchema,
    example: { name: "billing", scopes: ["messages:send", "connections:use"], connections: ["team/alerts"] },
    status: 201,
    answer: answers.madeKeySchema,
  },
  {
    id: "deleteKey",
    method: "delete",
    path: "/v1/keys/{id}",
    tag: "Keys",
    summary: "Delete an API key",
    scope: "keys:write",
    status: 204,
  },
  {
    id: "getHealth",
    method: "get",
    path: "/healthz",
    tag: "Server",
    summary: "Ask whether the process runs",
    status: 200,
    answer: answers.healthSchema,
  },
  {
    id: "getReadiness",
    method: "get",
    path: "/readyz",
    tag: "Server",
    summary: "Ask whether requests are taken",
    status: 200,
    answer: answers.healthSchema,
  },
];
