import { isRecord } from "../util/fields.ts";

/** Views, innermost last: the variables, and inside sections what each section stands for. */
export type Scopes = readonly unknown[];

/**
 * The value of a name. Own properties alone: what a prototype offers (`constructor`, `__proto__`) is no variable. The
 * first part of `a.b` is looked for from the inside out, the rest below it; `.` is the innermost view itself.
 */
export function lookUp(name: string, scopes: Scopes): unknown {
  if (name === ".") return scopes.at(-1);
  const [first = "", ...rest] = name.split(".");
  const scope = scopes.findLast((view) => hasOwn(view, first));
  return rest.reduce(getOwn, getOwn(scope, first));
}

function getOwn(view: unknown, name: string): unknown {
  return hasOwn(view, name) ? view[name] : undefined;
}

function hasOwn(view: unknown, name: string): view is Record<string, unknown> {
  return (isRecord(view) || Array.isArray(view)) && Object.hasOwn(view, name);
}
