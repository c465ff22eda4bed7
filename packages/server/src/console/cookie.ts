import type { Context } from "hono";
import { SESSION_MS } from "./session.ts";

const NAME = "edgepost-console";

/**
 * The cookie of a session. It names no path, so that a browser takes the folder of the page that set it (RFC 6265 section
 * 5.1.4): the console's own, under whatever prefix it is reached. No script reads it, and no other site makes a browser
 * send it.
 */
export function setSessionCookie(c: Context, value: string): void {
  c.header("set-cookie", `${NAME}=${value}; Max-Age=${SESSION_MS / 1000}; ${attributes(c)}`);
}

export function clearSessionCookie(c: Context): void {
  c.header("set-cookie", `${NAME}=; Max-Age=0; ${attributes(c)}`);
}

export function readSessionCookie(c: Context): string | undefined {
  const cookies = (c.req.header("cookie") ?? "").split(";").map((cookie) => cookie.trim());
  return cookies.find((cookie) => cookie.startsWith(`${NAME}=`))?.slice(NAME.length + 1);
}

/** `Secure` wherever the browser came by https, also to a proxy in front: who lies about that only loses his own cookie. */
function attributes(c: Context): string {
  const isSecure = new URL(c.req.url).protocol === "https:" || c.req.header("x-forwarded-proto") === "https";
  return `HttpOnly; SameSite=Strict${isSecure ? "; Secure" : ""}`;
}
