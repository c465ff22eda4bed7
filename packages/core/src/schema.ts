export { connectionSchema } from "./connection/schema.ts";
export { messageSchema } from "./message/schema.ts";
