/**
 * The endpoint as a Hono app.
 *
 * @module @edgepost/server
 */

export type { DiskSpace } from "./alerts/watch.ts";
export type { MailServer } from "./app.ts";
export { createServer } from "./app.ts";
export type { ConfiguredConnection } from "./connections/configured-connection.ts";
export type { DeliverySettings } from "./connections/connection-form.ts";
export type { HostPolicyOptions } from "./connections/host-policy.ts";
export type { Places, SendQueue } from "./connections/send-queue.ts";
export type { LogEntry } from "./http/log.ts";
export type { ProblemCode, ProblemDetails, ProblemIssue } from "./http/problem.ts";
export type { ApiKeyConfig } from "./keys/keyring.ts";
export type { ApiKey, Scope } from "./keys/scopes.ts";
export type { Maintenance } from "./maintenance.ts";
export type { SendAnswer } from "./messages/answer.ts";
export type { AlertOptions, ServerLimits, ServerOptions, WebhookOptions } from "./options.ts";
export type { Courier, Delivered, Round } from "./queue/courier.ts";
export type { Announcement, QueueEngine } from "./queue/engine.ts";
export type { QueueLimits } from "./queue/limits.ts";
export type { AlertKind, AlertRecord, AlertStore, RaisedAlert } from "./store/alert-record.ts";
export type { EventQuery, EventRecord, EventStore, EventType, NewEvent } from "./store/event-record.ts";
export type {
  Idempotency,
  MessageFailure,
  MessageOutcome,
  MessageQuery,
  MessageRecord,
  MessageState,
  RecipientRecord,
  RecipientState,
  StoredBody,
} from "./store/message-record.ts";
export type {
  AbandonedMessage,
  AttemptRecord,
  AttemptStage,
  DueWindow,
  Lane,
  Lease,
  LeasedMessage,
  OutboxStore,
  Pace,
  SettledOutcome,
  TakeOver,
  Wanted,
} from "./store/outbox.ts";
export type {
  ConnectionRecord,
  ConnectionStore,
  KeyRecord,
  KeyStore,
  MessageStore,
  NewMessage,
  SettingStore,
  Store,
} from "./store/store.ts";
export type {
  SuppressionQuery,
  SuppressionReason,
  SuppressionRecord,
  SuppressionStore,
} from "./store/suppression-record.ts";
export type {
  DeliveryAttempt,
  DeliveryQuery,
  DeliveryRecord,
  DeliveryState,
  WebhookChange,
  WebhookRecord,
  WebhookStore,
} from "./store/webhook-record.ts";
export type { Span, SpanAttributes, Telemetry, Tracer } from "./telemetry.ts";
