export { parseConnection } from "./connection.ts";
export type * from "./connection.ts";
export { isMailError, MailError } from "./errors.ts";
export type * from "./errors.ts";
