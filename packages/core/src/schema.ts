/**
 * zod schemas of the JSON forms used over HTTP. The only door that needs zod.
 *
 * @module @edgepost/core/schema
 */
export { connectionSchema } from "./connection/schema.ts";
export { messageSchema } from "./message/schema.ts";
