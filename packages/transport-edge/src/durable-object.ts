export type { SmtpSessionNamespace } from "./durable-object/session-transport.ts";
export { SmtpSessionObject } from "./durable-object/smtp-session-object.ts";
