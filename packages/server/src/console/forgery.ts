import { RequestProblem } from "../http/problem.ts";
import type { Form } from "./form.ts";
import { isFormOf, type Session } from "./session.ts";

/**
 * Refuses a form another site has sent (CSRF), before its body is read: signing somebody in unasked would be one.
 *
 * Browsers say where a request comes from, and no page can make them lie: by `Sec-Fetch-Site`, which also holds behind a
 * proxy that renames us, or by `Origin` over plain http, where they do not send the first.
 */
export function refuseForeignOrigin(request: Request): void {
  const site = request.headers.get("sec-fetch-site");
  const isOurs = site === null ? isOwnOrigin(request) : site === "same-origin";
  if (!isOurs) throw new RequestProblem("forbidden", "This form was sent from another site.");
}

/** The second lock, which holds where a browser has forgotten the first: what only a page of ours could know. */
export function refuseForeignForm(form: Form, session: Session): void {
  if (isFormOf(session, form.exact("token"))) return;
  throw new RequestProblem("forbidden", "This form belongs to another session. Load the page anew and send it again.");
}

function isOwnOrigin({ headers, url }: Request): boolean {
  const origin = headers.get("origin");
  return origin !== null && URL.canParse(origin) && new URL(origin).host === (headers.get("host") ?? new URL(url).host);
}
