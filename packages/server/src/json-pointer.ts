/** `to[2].address` as a JSON Pointer (RFC 6901): `/to/2/address`. The empty path is the whole body. */
export function toPointer(path: string): string {
  return pointerOf(path.split(/[.[\]]+/).filter((step) => step !== ""));
}

/** Steps of a path as a JSON Pointer, with `~` and `/` escaped (RFC 6901 section 3). */
export function pointerOf(steps: readonly PropertyKey[]): string {
  return steps.map((step) => `/${String(step).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}
