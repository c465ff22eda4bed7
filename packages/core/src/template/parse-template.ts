import Mustache from "mustache";

/** UTF-16 units of one field: more text than any message has. */
const MAX_TEMPLATE_LENGTH = 1_000_000;
/** Of a tag with its braces. The engine's search for the closing ones is quadratic in the spaces before them. */
const MAX_TAG_LENGTH = 200;
/** Sections in sections: people write three. */
const MAX_DEPTH = 20;

/** What is wrong with a template, or with a value in it; becomes an issue of its field. */
export class TemplateFault extends Error {}

/** A text, or a tag, of a template. */
export type Token =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "value"; readonly name: string; readonly isRaw: boolean }
  | { readonly kind: "section" | "inverted"; readonly name: string; readonly children: readonly Token[] };

/**
 * Takes a template apart by mustache's own parser. Writing it is ours: mustache looks names up along prototypes and
 * calls the functions it finds. Partials and changed delimiters are refused.
 *
 * @throws TemplateFault
 */
export function parseTemplate(template: string): Token[] {
  if (template.length > MAX_TEMPLATE_LENGTH)
    throw new TemplateFault(`is longer than ${MAX_TEMPLATE_LENGTH} characters`);
  for (let open = template.indexOf("{{"); open !== -1; ) {
    const close = template.indexOf("}}", open);
    if (close === -1) throw new TemplateFault('has a "{{" without its "}}"');
    if (close - open > MAX_TAG_LENGTH) throw new TemplateFault(`has a tag of more than ${MAX_TAG_LENGTH} characters`);
    if (/^\{\{\s*=/.test(template.slice(open, close))) throw new TemplateFault("must not change its delimiters");
    open = template.indexOf("{{", close);
  }
  return toTokens(parse(template), 0);
}

type MustacheToken = ReturnType<typeof Mustache.parse>[number];

function parse(template: string): readonly MustacheToken[] {
  const writer = new Mustache.Writer();
  // Else it keeps every template it ever saw.
  (writer as { templateCache?: unknown }).templateCache = undefined;
  try {
    return writer.parse(template, ["{{", "}}"]);
  } catch (error) {
    throw new TemplateFault(`is no template: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function toTokens(tokens: readonly MustacheToken[], depth: number): Token[] {
  if (depth > MAX_DEPTH) throw new TemplateFault(`has more than ${MAX_DEPTH} sections inside each other`);
  return tokens.flatMap(([type, text, , , children]): Token[] => {
    if (type === "text") return [{ kind: "text", text }];
    if (type === "name" || type === "&") return [{ kind: "value", name: text, isRaw: type === "&" }];
    if (type === ">") throw new TemplateFault(`must not use partials: {{> ${text}}}`);
    if (type === "!" || type === "=" || !Array.isArray(children)) return [];
    return [{ kind: type === "#" ? "section" : "inverted", name: text, children: toTokens(children, depth + 1) }];
  });
}
