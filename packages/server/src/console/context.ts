import type { RequestContext } from "../context.ts";
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
