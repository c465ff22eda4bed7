import { type Html, html } from "./html.ts";

/** `2026-11-21 02:10:04`: by UTC, as the API and the log have it, and the same for everybody who talks about it. */
export function toTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString().slice(0, 19).replace("T", " ");
}

/** `2026-11-21`. */
export function toDay(milliseconds: number): string {
  return new Date(milliseconds).toISOString().slice(0, 10);
}

/** The same for a machine beside it. */
export function time(milliseconds: number): Html {
  return html`<time datetime="${new Date(milliseconds).toISOString()}">${toTime(milliseconds)}</time>`;
}
