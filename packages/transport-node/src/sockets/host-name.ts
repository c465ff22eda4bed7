import { hostname } from "node:os";

/**
 * The name for EHLO: this machine's, where it looks like one that others know it by. RFC 5321 section 4.1.4 wants a
 * fully qualified name or an address literal, and servers refuse `localhost` and bare words.
 */
export function defaultClientName(): string {
  const name = hostName().toLowerCase();
  const isQualified = name.length <= 253 && /^[a-z0-9]([a-z0-9-]{0,62}\.)+[a-z][a-z0-9-]{0,62}$/.test(name);
  return isQualified && !/^[0-9.]+$/.test(name) && !name.endsWith(".local") ? name : "[127.0.0.1]";
}

/** Deno tells it only with `--allow-sys=hostname`, and throws without. */
function hostName(): string {
  try {
    return hostname();
  } catch {
    return "";
  }
}
