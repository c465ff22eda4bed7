/**
 * The endpoint as a Hono app.
 *
 * @module @edgepost/server
 */
export type { MailServer } from "./app.ts";
export { createServer } from "./app.ts";
export type { HostPolicyOptions } from "./connections/host-policy.ts";
export type { Places, SendQueue } from "./connections/send-queue.ts";
export type { LogEntry } from "./http/log.ts";
export type { ProblemCode, ProblemDetails, ProblemIssue } from "./http/problem.ts";
export type { ApiKeyConfig } from "./keys/keyring.ts";
export type { ApiKey, Scope } from "./keys/scopes.ts";
export type { Maintenance } from "./maintenance.ts";
export type { SendAnswer } from "./messages/answer.ts";
export type { ServerLimits, ServerOptions } from "./options.ts";
export type {
  ConnectionRecord,
  ConnectionStore,
  Idempotency,
  KeyRecord,
  KeyStore,
  MessageFailure,
  MessageOutcome,
  MessageQuery,
  MessageRecord,
  MessageState,
  MessageStore,
  SettingStore,
  Store,
} from "./store/store.ts";
