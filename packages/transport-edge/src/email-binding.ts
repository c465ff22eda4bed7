export type { EmailBinding } from "./email-binding/binding.ts";
export { emailBindingTransport } from "./email-binding/send-email.ts";
