import type { Context } from "hono";

/**
 * Where the API is for whoever looks at this page, behind whatever proxies: their own browser says where the page before
 * was. Where it does not, as this request came.
 */
export function baseUrlOf(c: Context): string {
  const before = c.req.header("referer") ?? "";
  const { origin, pathname } = new URL(URL.canParse(before) ? before : c.req.url);
  const prefix = pathname.slice(0, Math.max(0, pathname.lastIndexOf("/console")));
  // It goes into commands that people paste.
  return /^[\w./~-]*$/.test(prefix) ? `${origin}${prefix}` : origin;
}
