import { LONGEST_FORM, secretsIn } from "../support/secrets.ts";

/** More than these say nothing new, and a loop should not fill the memory with them. */
const MOST_LEAKS = 10;

const leaks = new Set<string>();
let inClear: "forbidden" | "allowed" | "used" = "forbidden";

/** Looks at a text that must show no secret. */
export function look(where: string, text: string): void {
  for (const secret of secretsIn(text)) report(`${where}: ${secret}`);
}

/** Looks at the chunks of a stream, also where one secret is in two of them. */
export function lookAtStream(where: string, lookAtText = look): (chunk: Uint8Array | string) => void {
  let kept = "";
  return (chunk) => {
    const text = kept + (typeof chunk === "string" ? chunk : latin1(chunk));
    lookAtText(where, text);
    kept = text.slice(-(LONGEST_FORM - 1));
  };
}

/** Looks at what crosses a link without TLS. */
export function lookInClear(where: string, text: string): void {
  for (const secret of secretsIn(text)) {
    if (inClear === "forbidden") report(`${where}: ${secret}`);
    else inClear = "used";
  }
}

/**
 * Says that this test sends a secret over a link without TLS, and on purpose: it fails when it then does not. Nothing else
 * is allowed by it, neither a log nor an error.
 */
export function allowSecretInClear(): void {
  inClear = "allowed";
}

/** Writes down what must not be. */
export function report(leak: string): void {
  if (leaks.size < MOST_LEAKS) leaks.add(leak);
}

/** What has been seen since the last time, with the permission that nobody made use of. */
export function takeLeaks(): readonly string[] {
  const taken = [...leaks];
  if (inClear === "allowed") taken.push("allowSecretInClear() was called, and no secret was sent in clear");
  leaks.clear();
  inClear = "forbidden";
  return taken;
}

function latin1(chunk: Uint8Array): string {
  return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength).toString("latin1");
}
