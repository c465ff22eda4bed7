import { Hono } from "hono";
import type { Services } from "../../context.ts";
import type { ConsoleContext } from "../context.ts";
import { clearSessionCookie, setSessionCookie } from "../cookie.ts";
import { input } from "../fields.ts";
import { type Html, html, NOTHING } from "../html.ts";
import { page } from "../layout.ts";
import type { Sessions } from "../session.ts";
import { createSignInLimit } from "../sign-in-limit.ts";
import { say } from "../texts.ts";

/** Signing in with an API key, and out again. */
export function signInPages({ clock }: Services, sessions: Sessions): Hono<ConsoleContext> {
  const limit = createSignInLimit(clock);

  return new Hono<ConsoleContext>()
    .get("/sign-in", (c) => c.html(signInPage(readNext(c.req.query("next")))))
    .post("/sign-in", async (c) => {
      limit(c);
      const form = c.get("form");
      const next = readNext(form.text("next"));
      const cookie = await sessions.begin(form.text("key"));
      if (cookie === undefined) return c.html(signInPage(next, say("sign-in.unknown")), 401);
      setSessionCookie(c, cookie);
      return c.redirect(next, 303);
    })
    .post("/sign-out", (c) => {
      // Not asked whose it is: who may send this form from here may leave.
      clearSessionCookie(c);
      return c.redirect("sign-in", 303);
    });
}

function signInPage(next: string, error?: string): Html {
  return page({
    title: say("sign-in.title"),
    content: html`<div class="narrow card">
<h1>${say("sign-in.title")}</h1>
<p>${say("sign-in.about")}</p>
<form method="post" action="sign-in" enctype="multipart/form-data">
<input type="hidden" name="next" value="${next}">
${input({
  name: "key",
  type: "password",
  label: say("sign-in.key"),
  hint: say("sign-in.key-hint"),
  autocomplete: "current-password",
  required: true,
  error,
})}
<p class="actions"><button class="main">${say("sign-in.submit")}</button></p>
</form>
${error === undefined ? NOTHING : html`<p role="alert" class="unseen">${error}</p>`}
</div>`,
  });
}

/** A page of the console, and nowhere else, whatever stands in the address: no scheme, no slash. */
function readNext(next: string | undefined): string {
  return next !== undefined && /^[a-z-]+(\?[^#\\]*)?$/.test(next) ? next : "home";
}
