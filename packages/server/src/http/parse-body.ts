import type * as z from "zod";
import { toPointer } from "./json-pointer.ts";
import { RequestProblem } from "./problem.ts";
import { shapeIssues } from "./shape.ts";

/**
 * A body that a schema says everything about.
 * @throws RequestProblem `invalid-body` with every issue.
 */
export function parseBody<Schema extends z.ZodType>(schema: Schema, body: unknown): z.output<Schema> {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  const errors = shapeIssues(schema, body).map(({ path, message }) => ({ pointer: toPointer(path), detail: message }));
  const detail = errors.map((error) => `${error.pointer || "the body"}: ${error.detail}`).join("; ");
  throw new RequestProblem("invalid-body", detail, { errors });
}

/**
 * The parameters after the `?`.
 * @throws RequestProblem `invalid-request` naming each that is wrong.
 */
export function parseQuery<Schema extends z.ZodType>(schema: Schema, query: unknown): z.output<Schema> {
  const result = schema.safeParse(query);
  if (result.success) return result.data;
  const lines = shapeIssues(schema, query).map(({ path, message }) => `${path}: ${message}`);
  throw new RequestProblem("invalid-request", `The query cannot be understood: ${lines.join("; ")}`);
}
