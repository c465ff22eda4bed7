// The same names where there is no such binding: see `exports` of package.json.
export type { EmailBinding } from "./email-binding/binding.ts";
export { emailBindingTransport } from "./workers-only.ts";
