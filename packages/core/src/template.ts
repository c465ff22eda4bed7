export type { TemplateOptions } from "./template/render-template.ts";
export { renderTemplate } from "./template/render-template.ts";
