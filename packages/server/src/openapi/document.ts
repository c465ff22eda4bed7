import * as z from "zod";
import { problemSchema } from "./answers.ts";
import { OPERATIONS, type Operation } from "./operations.ts";

/** An OpenAPI 3.1 document. */
export interface OpenApiDocument {
  readonly openapi: "3.1.1";
  readonly info: object;
  readonly paths: Readonly<Record<string, Readonly<Record<string, object>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, object>> } & Readonly<Record<string, unknown>>;
  readonly [other: string]: unknown;
}

/** Describes this server, by the schemas that check what it is sent. */
export function createDocument(): OpenApiDocument {
  const { refs, schemas } = toSchemas();
  return {
    openapi: "3.1.1",
    info: {
      title: "edgepost",
      version: "1",
      description: "Sends mail through your own SMTP server. Errors are RFC 9457 problem details.",
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: "/" }],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    security: [{ apiKey: [] }],
    paths: toPaths(refs),
    components: {
      securitySchemes: { apiKey: { type: "http", scheme: "bearer", description: "An API key." } },
      headers: {
        "X-Request-Id": { description: "Names this request in the server's log.", schema: { type: "string" } },
      },
      responses: {
        Problem: {
          description: "What went wrong; `code` is the word to switch on.",
          headers: { "X-Request-Id": { $ref: "#/components/headers/X-Request-Id" } },
          content: { "application/problem+json": { schema: refs.get(problemSchema) } },
        },
      },
      schemas,
    },
  };
}

const TAGS: Readonly<Record<Operation["tag"], string>> = {
  Messages: "Sending, and the log of what was sent.",
  Connections: "Ways to mail servers, stored once and called by name.",
  Suppressions: "Who is written to no more.",
  Webhooks: "Who is told of what happens.",
  Alerts: "What somebody should know.",
  Keys: "Who may do what.",
  Server: "The server itself.",
};

type Refs = ReadonlyMap<z.ZodType, object>;

/** All schemas at once, so that what they share is named once. */
function toSchemas(): { readonly refs: Refs; readonly schemas: Record<string, object> } {
  const named = OPERATIONS.flatMap(({ body, answer, waiting }) => [body, answer, waiting]).filter(
    (schema) => schema !== undefined,
  );
  const unique = [...new Set<z.ZodType>([...named, problemSchema])];
  const whole = z.toJSONSchema(z.tuple(unique as unknown as [z.ZodType]), { io: "input" });
  // The one schema zod made that has no name: any JSON, for the values of variables.
  const text = JSON.stringify(whole)
    .replaceAll("#/$defs/", "#/components/schemas/")
    .replaceAll("__schema0", "JsonValue");
  const { prefixItems, $defs } = JSON.parse(text) as { prefixItems: object[]; $defs: Record<string, object> };
  for (const schema of Object.values($defs)) delete (schema as { id?: string }).id;
  return { refs: new Map(unique.map((schema, index) => [schema, prefixItems[index] ?? {}])), schemas: $defs };
}

function toPaths(refs: Refs): OpenApiDocument["paths"] {
  const paths: Record<string, Record<string, object>> = {};
  for (const operation of OPERATIONS) {
    paths[operation.path] = { ...paths[operation.path], [operation.method]: toOperation(operation, refs) };
  }
  return paths;
}

function toOperation(operation: Operation, refs: Refs): object {
  const { id, tag, summary, description, scope } = operation;
  const needs = scope === undefined || scope === null ? [] : [`Needs the scope \`${scope}\`.`];
  const text = [...(description === undefined ? [] : [description]), ...needs].join(" ");
  return {
    operationId: id,
    tags: [tag],
    summary,
    ...(text !== "" && { description: text }),
    ...(scope === undefined && { security: [] }),
    ...toParameters(operation),
    ...toRequestBody(operation, refs),
    responses: { ...toResponses(operation, refs), default: { $ref: "#/components/responses/Problem" } },
  };
}

function toParameters({ path, query, isIdempotent, mayBeMinimal }: Operation): object {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: "path",
    required: true,
    schema: { type: "string" },
    ...(name === "name" && {
      description: "May hold slashes, written as they are or as `%2F`.",
      example: "team/alerts",
    }),
  }));
  const inQuery = Object.entries(query?.shape ?? {}).map(([name, schema]) => {
    const { $schema: _, description, ...json } = z.toJSONSchema(schema as z.ZodType, { io: "output" });
    return { name, in: "query", schema: json, ...(description !== undefined && { description }) };
  });
  const idempotencyKey = {
    name: "Idempotency-Key",
    in: "header",
    description:
      "Makes the request safe to repeat for 24 hours: the first answer is given again, nothing is sent twice.",
    schema: { type: "string", minLength: 1, maxLength: 256, pattern: "^[\\x21-\\x7e]+$" },
  };
  const prefer = {
    name: "Prefer",
    in: "header",
    description:
      "RFC 7240. `return=minimal` leaves the body of the answer away where it tells nothing more; `respond-async` stores a message and answers at once with 202. `Preference-Applied` says what was heard.",
    schema: { type: "string" },
    example: "return=minimal",
  };
  const inHeader = [...(isIdempotent ? [idempotencyKey] : []), ...(mayBeMinimal ? [prefer] : [])];
  const parameters = [...inPath, ...inQuery, ...inHeader];
  return parameters.length === 0 ? {} : { parameters };
}

function toRequestBody({ body, isForm, example }: Operation, refs: Refs): object {
  if (body === undefined) return {};
  const schema = refs.get(body);
  const form = {
    schema: {
      type: "object",
      properties: { message: schema },
      required: ["message"],
      additionalProperties: { type: "string", contentMediaType: "application/octet-stream" },
    },
    encoding: { message: { contentType: "application/json" } },
  };
  return {
    requestBody: {
      required: true,
      content: { "application/json": { schema, example }, ...(isForm && { "multipart/form-data": form }) },
    },
  };
}

function toResponses(operation: Operation, refs: Refs): object {
  const { status, mayBeMinimal, waiting } = operation;
  const later = waiting && { 202: toResponse({ ...operation, status: 202, answer: waiting }, refs) };
  const full = { [status]: toResponse(operation, refs), ...later };
  // What was made is a 201 with and without a body.
  if (!mayBeMinimal || status === 201) return full;
  return { ...full, 204: toResponse({ ...operation, status: 204, answer: undefined }, refs) };
}

function toResponse(
  { answer, status, isIdempotent, isStream, isText }: Omit<Operation, "answer"> & { answer?: z.ZodType | undefined },
  refs: Refs,
): object {
  const replayed = {
    description: "`true` when the first answer is given again.",
    schema: { type: "string", enum: ["true"] },
  };
  return {
    description: DESCRIPTIONS[status],
    headers: {
      "X-Request-Id": { $ref: "#/components/headers/X-Request-Id" },
      ...(isIdempotent && { "Idempotency-Replayed": replayed }),
      ...(status === 202 && { Location: { description: "Where to ask for it.", schema: { type: "string" } } }),
    },
    ...(answer !== undefined && {
      content: {
        [isText ? "text/plain" : isStream ? "text/event-stream" : "application/json"]: { schema: refs.get(answer) },
      },
    }),
  };
}

const DESCRIPTIONS = {
  200: "What came of it.",
  201: "What was made.",
  202: "It is stored, and will be sent.",
  204: "Done.",
} as const;
