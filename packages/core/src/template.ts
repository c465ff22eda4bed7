/**
 * Binds variables into messages.
 *
 * @module @edgepost/core/template
 */
export type { TemplateOptions } from "./template/render-template.ts";
export { renderTemplate } from "./template/render-template.ts";
