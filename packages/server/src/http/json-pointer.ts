/**
 * The path of an issue as a JSON Pointer (RFC 6901): `attachments[2].headers["X.Y"]` is `/attachments/2/headers/X.Y`.
 * The empty path is the whole body.
 */
export function toPointer(path: string): string {
  const steps = path.matchAll(/"(?<quoted>(?:[^"\\]|\\.)*)"|(?<plain>[^.[\]"]+)/g);
  return pointerOf(Array.from(steps, ({ groups }) => groups?.plain ?? unquote(groups?.quoted ?? "")));
}

/** Steps of a path as a JSON Pointer, with `~` and `/` escaped (RFC 6901 section 3). */
export function pointerOf(steps: readonly PropertyKey[]): string {
  return steps.map((step) => `/${String(step).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}

/** The way back: `/to/2/address` is the path `to[2].address`. */
export function toPath(pointer: string): string {
  const steps = pointer.split("/").slice(1);
  return steps.map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~")).reduce(join, "");
}

function join(path: string, step: string): string {
  if (/^\d+$/.test(step)) return `${path}[${step}]`;
  if (!/^[\w-]+$/.test(step)) return `${path}[${JSON.stringify(step)}]`;
  return path === "" ? step : `${path}.${step}`;
}

function unquote(quoted: string): string {
  return JSON.parse(`"${quoted}"`);
}
