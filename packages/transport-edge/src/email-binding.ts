/**
 * Sends by Cloudflare's own `send_email` binding.
 *
 * @module @edgepost/transport-edge/email-binding
 */
export type { EmailBinding } from "./email-binding/binding.ts";
export { emailBindingTransport } from "./email-binding/send-email.ts";
