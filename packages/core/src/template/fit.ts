import { hasLineBreakOrNul, replaceLoneSurrogates } from "../util/safe-text.ts";
import { TemplateFault } from "./parse-template.ts";

/**
 * Makes a value fit where it is written: `before` is the text so far, `isRaw` what `{{{name}}}` asks for.
 * @throws TemplateFault when it cannot fit.
 */
export type Fit = (value: string, place: { readonly before: string; readonly isRaw: boolean }) => string;

/** Plain text: as it is. */
export const inText: Fit = (value) => value;

/** HTML: escaped for text and for attributes in quotes, unless the template says `{{{name}}}`. */
export const inHtml: Fit = (value, { isRaw }) =>
  isRaw ? value : value.replace(/[&<>"'`=/]/g, (sign) => `&#${sign.charCodeAt(0)};`);

/** One line: a header, a name. */
export const inLine: Fit = (value) => {
  if (hasLineBreakOrNul(value)) throw new TemplateFault("must not hold a line break or NUL here");
  return value;
};

/** A URL: percent-encoded behind its beginning, so that a value cannot change where it leads. */
export const inUrl: Fit = (value, { before, isRaw }) =>
  inLine(before === "" || isRaw ? value : encodeURIComponent(replaceLoneSurrogates(value)), { before, isRaw });

/** A URL, or an address, which is a line. In a `mailto:` URL the `@` stays, and a value brings no field and no recipient. */
export const inUnsubscribe: Fit = (value, place) => {
  if (!place.before.includes(":")) return inLine(value, place);
  const encoded = inUrl(value, place);
  return /^mailto:/i.test(place.before) ? encoded.replaceAll("%40", "@") : encoded;
};
