import type { ProblemDetails } from "../http/problem.ts";
import { isTextKey, say } from "./texts.ts";

/** Where the connection was meant to lead, as far as it is known. */
export interface Destination {
  readonly host: string;
  /** The names the server's certificate is good for, once it was seen. */
  readonly names?: readonly string[] | undefined;
}

/** What to do next, in plain words. The detail of a problem says what happened. */
export function adviceFor({ code, errors = [] }: ProblemDetails, destination?: Destination): string | undefined {
  const isPort = errors.some(({ pointer }) => pointer === "/port");
  if (isPort) return say("advice.port");
  const { host, names = [] } = destination ?? {};
  if (code === "tls-failed" && host !== undefined && names.length > 0 && !names.some((name) => isNameOf(name, host))) {
    return say("advice.certificate-name", { host, names: names.slice(0, 5).join(", ") });
  }
  const key = `advice.${code}`;
  return isTextKey(key) ? say(key) : undefined;
}

/** Whether a certificate's name is good for a host (RFC 6125 section 6.4): itself, or one label for the star. */
function isNameOf(name: string, host: string): boolean {
  const [wanted, own] = [name.toLowerCase(), host.toLowerCase()];
  return wanted === own || (wanted.startsWith("*.") && own.slice(own.indexOf(".")) === wanted.slice(1));
}
