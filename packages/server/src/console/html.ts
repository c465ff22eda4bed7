import { html } from "hono/html";

export { html } from "hono/html";

/** A piece of a page. Everything put into one is escaped, unless it is a piece itself. */
export type Html = ReturnType<typeof html>;

/** Nothing, where something might have been. */
export const NOTHING: Html = html``;

/** A relative URL of a page: each value is encoded, an undefined one left out. */
export function link(page: string, query: Readonly<Record<string, string | undefined>> = {}): string {
  const given = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return given.length === 0 ? page : `${page}?${new URLSearchParams(given)}`;
}
