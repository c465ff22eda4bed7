import type { MiddlewareHandler } from "hono";

/** Nothing runs or loads but what this server itself serves beside the page, and no page is shown inside another. */
const PAGE_POLICY = [
  "default-src 'none'",
  "style-src 'self'",
  "script-src 'self'",
  "img-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** What every answer of the console says of itself, unless its page knows better. */
export const hardened: MiddlewareHandler = async (c, next) => {
  await next();
  const headers = {
    "content-security-policy": PAGE_POLICY,
    // Not `no-referrer`: that takes away the `Origin` a form is known by, too.
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "x-frame-options": "DENY",
  };
  for (const [name, value] of Object.entries(headers)) if (!c.res.headers.has(name)) c.res.headers.set(name, value);
};

/**
 * For a page that shows the HTML of a mail in a frame. What a frame is given in `srcdoc` is held to the policy of its page
 * too, and mails have their styles written in.
 */
export const PREVIEW_POLICY = PAGE_POLICY.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'").replace(
  "img-src 'self'",
  "img-src 'self' data:",
);
