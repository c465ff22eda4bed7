import { Hono, type MiddlewareHandler } from "hono";
import type { RequestContext, Services } from "../context.ts";
import { RequestProblem, toProblem } from "../http/problem.ts";
import { randomBytes } from "../ids.ts";
import { assetRoutes } from "./assets.ts";
import { type ConsoleContext, viewerOf } from "./context.ts";
import { readSessionCookie } from "./cookie.ts";
import { refuseForeignForm, refuseForeignOrigin } from "./forgery.ts";
import { readForm } from "./form.ts";
import { hardened } from "./headers.ts";
import { link } from "./html.ts";
import { homeOf } from "./layout.ts";
import { composePages } from "./pages/compose.ts";
import { connectionPages } from "./pages/connection.ts";
import { connectionNewPages } from "./pages/connection-new.ts";
import { connectionsPages } from "./pages/connections.ts";
import { errorPage } from "./pages/error.ts";
import { keyPages } from "./pages/keys.ts";
import { messagePages } from "./pages/message.ts";
import { messagesPages } from "./pages/messages.ts";
import { type ShownSettings, settingsPages } from "./pages/settings.ts";
import { signInPages } from "./pages/sign-in.ts";
import { createSessions, type Sessions } from "./session.ts";

export interface ConsoleOptions extends ShownSettings {
  readonly inboxUrl?: string | undefined;
  readonly random?: ((bytes: number) => Uint8Array) | undefined;
  /** The limit of the API: a key has one, whichever way it comes in. */
  readonly rate: MiddlewareHandler<RequestContext> | undefined;
}

/** Where it is mounted. */
export const CONSOLE_PATH = "/console";
const NAME = "console";

/**
 * The console: pages for people over the same functions the API is made of, with the rights of the key they signed in
 * with. Forms and links do everything; the one script only makes some of it quicker.
 */
export function consoleRoutes(
  services: Services,
  { random = randomBytes, rate, ...settings }: ConsoleOptions,
): Hono<ConsoleContext> {
  const { keyring, secretBox, clock } = services;
  const sessions = createSessions({ keyring, secretBox, clock, random });

  const routes = new Hono<ConsoleContext>();
  routes.use(hardened);
  routes.route("/", assetRoutes());
  routes.use((_, next) => services.gate.pass(next));
  routes.on("POST", "*", async (c, next) => {
    refuseForeignOrigin(c.req.raw);
    c.set("form", await readForm(c.req.raw, services.limits));
    await next();
  });
  routes.route("/", signInPages(services, sessions));
  routes.use(signedIn(sessions));
  if (rate !== undefined) routes.use(rate as unknown as MiddlewareHandler<ConsoleContext>);
  routes.on("POST", "*", async (c, next) => {
    refuseForeignForm(c.get("form"), c.get("session"));
    await next();
  });
  routes.route("/", connectionsPages(services));
  routes.route("/", connectionNewPages(services));
  routes.route("/", connectionPages(services));
  routes.route("/", keyPages(services));
  routes.route("/", composePages(services));
  routes.route("/", messagesPages(services, settings));
  routes.route("/", messagePages(services, settings));
  routes.route("/", settingsPages(services, settings));
  // From the folder's own name, without the slash behind it, its pages are one step down.
  routes.get("/", (c) => c.redirect(`${NAME}/home`, 303));
  routes.get("/home", (c) => c.redirect(homeOf(c.get("session").key), 303));
  routes.all("*", (c) => {
    if (c.req.path.endsWith("/")) return c.redirect("home", 303);
    throw new RequestProblem("not-found", "The console has no such page.");
  });
  routes.onError((error, c) => {
    const problem = toProblem(error, viewerOf(c));
    if (error instanceof RequestProblem)
      for (const [name, value] of Object.entries(error.headers)) c.header(name, value);
    return c.html(errorPage(problem, c.get("session")), problem.status as 500);
  });
  return routes;
}

/** Lets in who has signed in, and asks everybody else to. */
function signedIn(sessions: Sessions): MiddlewareHandler<ConsoleContext> {
  return async (c, next) => {
    const cookie = readSessionCookie(c);
    const session = cookie === undefined ? undefined : await sessions.read(cookie);
    if (session === undefined) {
      const page = c.req.path.slice(c.req.path.lastIndexOf("/") + 1);
      if (page === NAME) return c.redirect(`${NAME}/sign-in`, 303);
      const next = page === "" ? undefined : `${page}${new URL(c.req.url).search}`;
      return c.redirect(link("sign-in", { next }), 303);
    }
    c.set("session", session);
    c.set("key", session.key);
    return next();
  };
}
