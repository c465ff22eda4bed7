export type { SendAnswer } from "./answer.ts";
export { createServer, type MailServer } from "./app.ts";
export type { ApiKeyConfig, Scope } from "./authorize.ts";
export type { LogEntry } from "./log.ts";
export type { ServerLimits, ServerOptions } from "./options.ts";
export type { ProblemCode, ProblemDetails, ProblemIssue } from "./problem.ts";
