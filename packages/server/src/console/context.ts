import type { Context } from "hono";
import type { RequestContext } from "../context.ts";
import type { Viewer } from "../http/problem.ts";
import type { Form } from "./form.ts";
import type { Session } from "./session.ts";

/** What a request carries to a page: what any request does, and who looks at it. */
export interface ConsoleContext {
  Variables: RequestContext["Variables"] & {
    session: Session;
    /** What was sent, once it was found to be a form of this session. Only of a POST. */
    form: Form;
  };
}

/** Who is told, if this request fails: the same as through the API. */
export function viewerOf(c: Context<ConsoleContext>): Viewer {
  const session = c.get("session") as Session | undefined;
  return { requestId: c.get("requestId"), seesConnections: session?.key.scopes.includes("connections:write") ?? false };
}
