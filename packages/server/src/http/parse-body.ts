import type { z } from "zod";
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
