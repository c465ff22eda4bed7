import * as z from "zod";
import type { ProblemCode } from "../http/problem.ts";
import { PROBLEM_CODES } from "../http/problem.ts";
import { SCOPES } from "../keys/scopes.ts";
import { ALERT_KINDS } from "../store/alert-record.ts";
import { EVENT_TYPES } from "../store/event-record.ts";
import { MESSAGE_STATES, RECIPIENT_STATES } from "../store/message-record.ts";
import { SUPPRESSION_REASONS } from "../store/suppression-record.ts";
import { DELIVERY_STATES } from "../store/webhook-record.ts";

// What the server answers, for its documentation. Each schema is checked against the real answers by the tests.

const time = z.iso.datetime({ offset: true });

const reply = z
  .strictObject({
    code: z.int().min(200).max(599),
    enhancedCode: z.string().optional().describe("RFC 3463, where the mail server sent one."),
    text: z.string(),
  })
  .meta({ id: "Reply", description: "What a mail server said." });

const rejected = z
  .strictObject({ address: z.string(), reply, retryable: z.boolean() })
  .meta({ id: "RejectedRecipient" });

const unknown = z.array(z.string()).describe("Recipients of whom nobody can tell: sending again may deliver twice.");

const suppressed = z.array(z.string()).describe("Recipients on the suppression list: nobody was asked for them.");

const sendFacts = {
  messageId: z.string(),
  accepted: z.array(z.string()),
  rejected: z.array(rejected),
  reply: reply.nullable(),
  size: z.int().describe("Octets of the message as sent."),
  downgrades: z.array(z.string()).describe("What was asked for and the mail server did not offer."),
};

export const sendAnswerSchema = z
  .strictObject({
    success: z.boolean().describe("True only if every recipient was accepted."),
    message: z.string(),
    id: z.uuid().describe("Names this send in the log."),
    ...sendFacts,
    unknown: unknown.optional(),
    suppressed: suppressed.optional(),
  })
  .meta({ id: "SendAnswer" });

export const problemSchema = z
  .strictObject({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    instance: z.string(),
    code: z.enum(PROBLEM_CODES as [ProblemCode, ...ProblemCode[]]).describe("The stable word to switch on."),
    phase: z.string().optional().describe("How far the message had come."),
    retryable: z.boolean().optional().describe("Whether the same request may succeed later and cannot deliver twice."),
    reply: reply.optional(),
    rejected: z.array(rejected).optional(),
    errors: z
      .array(z.strictObject({ pointer: z.string().describe("A JSON Pointer into the body."), detail: z.string() }))
      .optional()
      .describe("Every single thing that is wrong with the request."),
  })
  .meta({ id: "Problem", description: "RFC 9457 problem details." });

const mailbox = z.strictObject({ name: z.string().optional(), address: z.string() }).meta({ id: "Mailbox" });
const envelope = z.strictObject({ from: z.string(), to: z.array(z.string()) }).meta({ id: "Envelope" });
const address = z.union([mailbox, z.strictObject({ group: z.string(), members: z.array(mailbox) })]);

export const previewAnswerSchema = z
  .strictObject({
    messageId: z.string(),
    envelope,
    subject: z.string(),
    from: z.array(mailbox),
    replyTo: z.array(address),
    to: z.array(address),
    cc: z.array(address),
    text: z.string().nullable(),
    html: z.string().nullable().describe("As it was written: show it in a sandboxed frame, or not at all."),
    attachments: z.array(
      z.strictObject({
        filename: z.string().nullable(),
        contentType: z.string(),
        disposition: z.string(),
        contentId: z.string().nullable(),
        size: z.int().nullable(),
      }),
    ),
    size: z.int(),
    warnings: z.array(z.strictObject({ code: z.string(), message: z.string() })),
    raw: z.string().describe("The source of the message."),
  })
  .meta({ id: "PreviewAnswer" });

const error = z
  .strictObject({ code: z.string(), phase: z.string(), detail: z.string(), retryable: z.boolean() })
  .nullable();

const loggedFields = {
  id: z.uuid(),
  state: z.enum(MESSAGE_STATES),
  connection: z.string().nullable(),
  key: z.string(),
  subject: z.string(),
  envelope,
  ...sendFacts,
  unknown,
  suppressed,
  recipients: z
    .array(z.strictObject({ address: z.string(), state: z.enum(RECIPIENT_STATES), reply: reply.nullable() }))
    .describe("What became of each recipient, in the order of the envelope."),
  error,
  onUnknown: z.enum(["keep", "retry"]),
  attempts: z.int().describe("Attempts so far."),
  createdAt: time,
  dueAt: time.nullable().describe("When the next attempt is due; null when there will be none."),
  expiresAt: time
    .nullable()
    .describe("No attempt begins after this. Null for a message that was not stored for later."),
  finishedAt: time.nullable(),
  ms: z.int().nullable(),
};

const logged = z.strictObject(loggedFields).meta({ id: "LoggedMessage" });

export const waitingMessageSchema = logged;

export const loggedMessageSchema = z
  .strictObject({
    ...loggedFields,
    content: z.base64().nullable().describe("While it waits, where it failed, and where it is kept."),
  })
  .meta({ id: "LoggedMessageWithContent" });

const event = z
  .strictObject({
    id: z.int().describe("Counts up: the `Last-Event-ID` to go on from."),
    type: z.string().describe("`message.` and the state it entered, `connection.paused` or `connection.resumed`."),
    at: time,
    message: z.string().nullable(),
    connection: z.string().nullable(),
    data: z.record(z.string(), z.unknown()).describe("Of an attempt its number, recipients, reply and error."),
  })
  .meta({ id: "Event" });

export const eventStreamSchema = event;

export const messageEventsSchema = z
  .strictObject({
    attempts: z.array(
      z
        .strictObject({
          number: z.int(),
          stage: z.enum(["opened", "final", "done", "interrupted"]),
          openedAt: time,
          finalAt: time.nullable().describe("When its final dot was about to be sent."),
          endedAt: time.nullable(),
          reply: reply.nullable(),
          error,
          transcript: z
            .array(z.string())
            .nullable()
            .describe(
              "The dialogue, where it is kept, without credentials and content. How the connection was opened is shown to keys with the scope `connections:write`.",
            ),
        })
        .meta({ id: "Attempt" }),
    ),
    events: z.array(event),
  })
  .meta({ id: "MessageEvents" });

export const batchAnswerSchema = z
  .strictObject({
    success: z.boolean(),
    results: z.array(
      z.union([
        z.strictObject({ index: z.int(), replayed: z.boolean(), ...sendAnswerSchema.shape }),
        z.strictObject({ index: z.int(), replayed: z.boolean(), ...loggedFields }),
        z.strictObject({ index: z.int(), replayed: z.boolean(), success: z.literal(false), problem: problemSchema }),
      ]),
    ),
  })
  .meta({ id: "BatchAnswer" });

export const messageListSchema = z
  .strictObject({ messages: z.array(logged), next: z.uuid().nullable().describe("The `cursor` of the next page.") })
  .meta({ id: "MessageList" });

const summaryFields = {
  name: z.string(),
  system: z.boolean(),
  readOnly: z
    .boolean()
    .describe("Of the server's own configuration: it can be used and tested, and is seen in this list alone."),
  status: z.enum(["unused", "ok", "failing"]),
  lastUsedAt: time.nullable(),
  lastError: z.string().nullable(),
};

export const connectionListSchema = z
  .strictObject({ connections: z.array(z.strictObject(summaryFields).meta({ id: "ConnectionSummary" })) })
  .meta({ id: "ConnectionList" });

/** The fields of the form come along; masks stand where secrets are. */
export const storedConnectionSchema = z
  .looseObject({ ...summaryFields, host: z.string(), createdAt: time, updatedAt: time })
  .meta({ id: "StoredConnection" });

const tlsSummarySchema = z
  .strictObject({
    protocol: z.string().optional(),
    certificate: z
      .strictObject({
        subject: z.string(),
        issuer: z.string(),
        validFrom: time,
        validTo: time,
        names: z.array(z.string()).describe("The DNS names and addresses it is good for."),
      })
      .optional(),
  })
  .describe("Of the stage `tls`, for keys with the scope `connections:write`; not where the server runs on Workers.")
  .meta({
    id: "TlsSummary",
    example: {
      protocol: "TLSv1.3",
      certificate: {
        subject: "CN=smtp.acme.com",
        issuer: "C=US, O=Let's Encrypt, CN=R11",
        validFrom: "2026-01-05T00:00:00.000Z",
        validTo: "2026-04-05T00:00:00.000Z",
        names: ["smtp.acme.com"],
      },
    },
  });

export const verificationSchema = z
  .strictObject({
    ok: z.boolean(),
    stages: z.array(
      z.strictObject({
        stage: z.enum(["resolve", "connect", "tls", "ehlo", "auth", "send"]),
        ok: z.boolean(),
        ms: z.int(),
        problem: problemSchema.optional(),
        tls: tlsSummarySchema.optional(),
      }),
    ),
    capabilities: z.record(z.string(), z.string()).nullable(),
  })
  .meta({ id: "Verification" });

export const suppressionSchema = z
  .strictObject({
    id: z.uuid(),
    address: z.string().describe("In lower case, the domain as A-labels."),
    connection: z.string().nullable().describe("The one it holds for; null for all."),
    reason: z.enum(SUPPRESSION_REASONS),
    note: z.string().nullable(),
    createdAt: time,
    expiresAt: time.nullable(),
  })
  .meta({ id: "Suppression" });

export const suppressionListSchema = z
  .strictObject({
    suppressions: z.array(suppressionSchema),
    next: z.uuid().nullable().describe("The `cursor` of the next page."),
  })
  .meta({ id: "SuppressionList" });

const webhookFields = {
  id: z.uuid(),
  key: z.string().describe("The API key that made it."),
  url: z.string(),
  description: z.string().nullable(),
  events: z.array(z.enum(EVENT_TYPES)).nullable().describe("What it is told of; null for everything."),
  enabled: z.boolean(),
  disabledReason: z.string().nullable(),
  failingSince: time.nullable().describe("Since when it took nothing."),
  createdAt: time,
  updatedAt: time,
};

export const webhookSchema = z.strictObject(webhookFields).meta({ id: "Webhook" });

export const webhookListSchema = z.strictObject({ webhooks: z.array(webhookSchema) }).meta({ id: "WebhookList" });

export const madeWebhookSchema = z
  .strictObject({ ...webhookFields, secret: z.string().describe("Shown here and nowhere else.") })
  .meta({ id: "MadeWebhook" });

export const webhookDeliverySchema = z
  .strictObject({
    id: z.uuid().describe("The `webhook-id`, the same in every attempt."),
    event: z.int(),
    type: z.string(),
    state: z.enum(DELIVERY_STATES),
    payload: z.strictObject({ type: z.string(), timestamp: time, data: event }).describe("What is sent."),
    attempts: z.array(
      z.strictObject({ at: time, ms: z.int(), status: z.int().nullable(), error: z.string().nullable() }),
    ),
    dueAt: time.nullable().describe("When the next attempt is due; null when there will be none."),
    createdAt: time,
  })
  .meta({ id: "WebhookDelivery" });

export const webhookDeliveryListSchema = z
  .strictObject({
    deliveries: z.array(webhookDeliverySchema),
    next: z.uuid().nullable().describe("The `cursor` of the next page."),
  })
  .meta({ id: "WebhookDeliveryList" });

const keyFields = {
  id: z.string(),
  name: z.string(),
  scopes: z.array(z.enum(SCOPES)),
  connections: z.array(z.string()).nullable(),
  createdAt: time,
  expiresAt: time.nullable(),
};

export const keyListSchema = z
  .strictObject({ keys: z.array(z.strictObject(keyFields).meta({ id: "Key" })) })
  .meta({ id: "KeyList" });

export const madeKeySchema = z
  .strictObject({ ...keyFields, token: z.string().describe("Shown here and nowhere else.") })
  .meta({ id: "MadeKey" });

export const providerListSchema = z
  .strictObject({
    providers: z.array(
      z.strictObject({
        id: z.string(),
        name: z.string(),
        host: z.string(),
        port: z.int(),
        security: z.enum(["implicit", "starttls"]),
        username: z.string().optional(),
        hint: z.string(),
      }),
    ),
  })
  .meta({ id: "ProviderList" });

export const connectorAnswerSchema = z
  .looseObject({})
  .meta({ id: "ConnectorAnswer", description: "What the platform itself answers, or a SendAnswer." });

export const alertSchema = z
  .strictObject({
    id: z.uuid(),
    kind: z.enum(ALERT_KINDS),
    subject: z
      .string()
      .describe("What it is about: the name of a connection, the id of a webhook, a key and a network."),
    detail: z.string(),
    raisedAt: time,
    seenAt: time.describe("When it was seen last."),
    resolvedAt: time.nullable().describe("When it was over."),
    acknowledgedAt: time.nullable(),
    mutedUntil: time.nullable(),
    mail: z.string().nullable().describe("What became of the mail about it; null when none was sent."),
  })
  .meta({ id: "Alert" });

export const alertListSchema = z.strictObject({ alerts: z.array(alertSchema) }).meta({ id: "AlertList" });

export const metricsSchema = z.string().meta({ id: "Metrics", description: "The text format of Prometheus, 0.0.4." });

export const healthSchema = z.strictObject({ status: z.string() }).meta({ id: "Health" });
