import type { Context } from "hono";

/** No program prefers so much. What is longer is ignored, as any preference may be. */
const MAX_HEADER_CHARACTERS = 1000;

/**
 * What a request would like (RFC 7240), by names in lower case; the empty text for one without a value.
 *
 * The first of two with one name counts. Parameters of a preference mean nothing here, and one nobody knows changes
 * nothing.
 */
export function parsePrefer(header = ""): ReadonlyMap<string, string> {
  const preferences = new Map<string, string>();
  if (header.length > MAX_HEADER_CHARACTERS) return preferences;
  for (const [preference] of header.matchAll(/(?:"(?:[^"\\]|\\.)*(?:"|$)|[^",])+/g)) {
    const [, name = "", quoted, token = ""] =
      /^\s*([^\s=;"]+)\s*(?:=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s=;"]*)))?\s*(?:;|$)/.exec(preference) ?? [];
    const key = name.toLowerCase();
    if (key !== "" && !preferences.has(key)) preferences.set(key, quoted?.replaceAll(/\\(.)/g, "$1") ?? token);
  }
  return preferences;
}

/** Whether a request prefers this. If so, its answer says that it was heard (RFC 7240 section 3). */
export function applyPreference(c: Context, name: string, value = ""): boolean {
  const applies = parsePrefer(c.req.header("prefer")).get(name) === value;
  if (applies) c.header("preference-applied", value === "" ? name : `${name}=${value}`, { append: true });
  return applies;
}

/** Whether an answer shall be without its body (RFC 7240 section 4.2). To be asked where there is nothing it must tell. */
export function prefersMinimal(c: Context): boolean {
  return !applyPreference(c, "return", "representation") && applyPreference(c, "return", "minimal");
}
