import { isMailError, parseConnection, type SmtpConnection } from "@edgepost/core";
import { z } from "zod";
import { TOKEN_FORM } from "./keys/token.ts";

/** The settings of the ready entries, from environment variables (Node) or bindings (Workers). */
export interface Environment {
  readonly host: string;
  readonly port: number;
  readonly apiKey: string;
  readonly connections: Readonly<Record<string, SmtpConnection | string>>;
  readonly shutdownMs: number;
}

/** Thrown at start. Names every variable that is wrong and what it should be; never repeats what it was. */
export class EnvironmentError extends Error {
  override readonly name = "EnvironmentError";
}

/**
 * Reads the `EDGEPOST_…` variables.
 *
 * | Variable | Meaning | Default |
 * |---|---|---|
 * | `EDGEPOST_API_KEY` | bearer key that may do everything: 32 to 256 letters, digits or `-._~+/` | required |
 * | `EDGEPOST_CONNECTIONS` | JSON: name → connection URL or object | none |
 * | `EDGEPOST_HOST` | address to listen on | `127.0.0.1` |
 * | `EDGEPOST_PORT` | port to listen on; 0 lets the system choose | 8025 |
 * | `EDGEPOST_SHUTDOWN_MS` | how long a stop waits for what is being sent | 30000 |
 *
 * @throws EnvironmentError for everything that is wrong, unknown `EDGEPOST_…` names included.
 */
export function readEnvironment(variables: Readonly<Record<string, unknown>>): Environment {
  const ours = Object.entries(variables).filter(([name, value]) => name.startsWith("EDGEPOST_") && value !== "");
  const result = schema.safeParse(Object.fromEntries(ours));
  if (!result.success) throw new EnvironmentError(describe(result.error.issues));
  const values = result.data;
  return {
    host: values.EDGEPOST_HOST,
    port: values.EDGEPOST_PORT,
    apiKey: values.EDGEPOST_API_KEY,
    connections: values.EDGEPOST_CONNECTIONS,
    shutdownMs: values.EDGEPOST_SHUTDOWN_MS,
  };
}

const schema = z.strictObject({
  EDGEPOST_API_KEY: z
    .string("is required: the key that requests must bring; make one with `openssl rand -hex 32`")
    .regex(TOKEN_FORM, "must be 32 to 256 letters, digits or -._~+/ characters"),
  EDGEPOST_CONNECTIONS: z
    .string("must be a JSON object")
    .default("{}")
    .transform(parseJsonObject)
    .pipe(z.record(z.string(), z.unknown()).superRefine(checkConnections))
    .transform((connections) => connections as Record<string, SmtpConnection | string>),
  EDGEPOST_HOST: z.string("must be an address").default("127.0.0.1"),
  EDGEPOST_PORT: wholeNumber(65_535, "must be a port: a whole number from 0 (the system chooses) to 65535").default(
    8025,
  ),
  EDGEPOST_SHUTDOWN_MS: wholeNumber(3_600_000, "must be milliseconds: a whole number up to 3600000").default(30_000),
});

function wholeNumber(most: number, expected: string) {
  return z
    .string(expected)
    .regex(/^\d{1,7}$/, expected)
    .transform(Number)
    .refine((value) => value <= most, expected);
}

function parseJsonObject(text: string, context: z.RefinementCtx): unknown {
  try {
    return JSON.parse(text);
  } catch {
    context.addIssue('must be a JSON object, for example {"default":"smtp://user:password@mail.example.com"}');
    return z.NEVER;
  }
}

function checkConnections(connections: Readonly<Record<string, unknown>>, context: z.RefinementCtx): void {
  for (const [name, connection] of Object.entries(connections)) {
    try {
      parseConnection(connection as SmtpConnection);
    } catch (error) {
      const issues = isMailError(error) ? (error.issues ?? []) : [];
      for (const { path, message } of issues) context.addIssue({ code: "custom", message, path: [name, path] });
    }
  }
}

function describe(issues: readonly z.core.$ZodIssue[]): string {
  const lines = issues.flatMap((issue) =>
    issue.code === "unrecognized_keys"
      ? issue.keys.map((name) => `${name} is not a setting; known are ${Object.keys(schema.shape).join(", ")}`)
      : [`${issue.path.filter((step) => step !== "").join(".")} ${issue.message}`],
  );
  return `The server cannot start:\n${lines.map((line) => `  ${line}`).join("\n")}`;
}
