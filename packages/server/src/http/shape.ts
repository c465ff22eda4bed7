import type { Issue } from "@edgepost/core";
import type * as z from "zod";
import { pointerOf, toPath } from "./json-pointer.ts";

/** What a schema has against an input, by path. Never what the input was. */
export function shapeIssues(schema: z.ZodType, input: unknown): Issue[] {
  const result = schema.safeParse(input);
  return result.success ? [] : result.error.issues.flatMap((issue) => toIssues(issue, []));
}

/**
 * Issues of two checks of one input. Where the first speaks of a field, or of its neighbours in an object inside the
 * body, it knows what was meant, and the second has nothing to add.
 */
export function mergeIssues(first: readonly Issue[], second: readonly Issue[]): readonly Issue[] {
  const told = first.flatMap(({ path }) => (parentOf(path) === "" ? [path] : [path, parentOf(path)]));
  const isNew = ({ path }: Issue) => !told.some((known) => isWithin(path, known) || isWithin(known, path));
  return [...first, ...second.filter(isNew)];
}

/** The object or list a field is in; empty for the body itself. */
function parentOf(path: string): string {
  return path.slice(0, Math.max(path.lastIndexOf("."), path.lastIndexOf("["), 0));
}

function isWithin(inner: string, outer: string): boolean {
  return inner === outer || inner.startsWith(`${outer}.`) || inner.startsWith(`${outer}[`);
}

function toIssues(issue: z.core.$ZodIssue, parents: readonly PropertyKey[]): Issue[] {
  const steps = [...parents, ...issue.path];
  const at = (more: readonly PropertyKey[], message: string): Issue => ({
    path: toPath(pointerOf([...steps, ...more])),
    message,
  });
  if (issue.code === "unrecognized_keys") return issue.keys.map((key) => at([key], "is not a known field"));
  if (issue.code !== "invalid_union") return [at([], issue.message)];
  // Of the forms a value may have, the one it comes nearest to: the fewest faults, and those inside it.
  const inside = issue.errors.filter((faults) => faults.some(isInside));
  const [nearest] = inside.toSorted((one, other) => one.length - other.length);
  return nearest === undefined ? [at([], issue.message)] : nearest.flatMap((fault) => toIssues(fault, steps));
}

function isInside(fault: z.core.$ZodIssue): boolean {
  return fault.path.length > 0 || fault.code === "unrecognized_keys";
}
