import type { ProblemDetails } from "../http/problem.ts";
import { isTextKey, say } from "./texts.ts";

/** What to do next, in plain words. The detail of a problem says what happened. */
export function adviceFor({ code, errors = [] }: ProblemDetails): string | undefined {
  if (errors.some(({ pointer }) => pointer === "/port")) return say("advice.port");
  const key = `advice.${code}`;
  return isTextKey(key) ? say(key) : undefined;
}
