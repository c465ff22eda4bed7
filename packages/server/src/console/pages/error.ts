import type { ProblemDetails } from "../../http/problem.ts";
import { adviceFor } from "../advice.ts";
import { problemNote } from "../fields.ts";
import { type Html, html, link } from "../html.ts";
import { page } from "../layout.ts";
import type { Session } from "../session.ts";
import { say } from "../texts.ts";

/** A page that could not be made, and where to go from there. */
export function errorPage(problem: ProblemDetails, session: Session | undefined): Html {
  return page({
    title: problem.title,
    session,
    content: html`<h1>${problem.title}</h1>${problemNote(problem, adviceFor(problem))}
<p><a href="${session === undefined ? link("sign-in") : "home"}">${say("error.back")}</a></p>
<p class="faint">${say("error.instance")} <code>${problem.instance}</code></p>`,
  });
}
