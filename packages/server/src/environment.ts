import { isMailError, parseConnection, type SmtpConnection } from "@edgepost/core";
import * as z from "zod";
import type { RateLimit } from "./http/rate-limit.ts";
import { TOKEN_FORM } from "./keys/token.ts";
import type { ServerOptions } from "./options.ts";
import { isEncryptionKey } from "./secrets.ts";

/** The settings of the ready entries, from environment variables (Node) or bindings (Workers). */
export interface Environment {
  readonly host: string;
  readonly port: number;
  readonly dataPath: string;
  readonly apiKey: string | undefined;
  readonly encryptionKeys: readonly string[] | undefined;
  readonly connections: Readonly<Record<string, SmtpConnection | string>>;
  readonly allowHosts: readonly string[];
  readonly allowPorts: readonly number[] | undefined;
  /** `platform`, or the URL of a resolver. */
  readonly resolver: string;
  readonly shutdownMs: number;
  /** What goes to `createServer` as it is. */
  readonly server: Pick<ServerOptions, "console" | "corsOrigins" | "keepContent" | "rateLimit" | "retentionMs">;
}

/** Thrown at start. Names every variable that is wrong and what it should be; never repeats what it was. */
export class EnvironmentError extends Error {
  override readonly name = "EnvironmentError";
}

const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * Reads the `EDGEPOST_…` variables.
 *
 * | Variable | Meaning | Default |
 * |---|---|---|
 * | `EDGEPOST_API_KEY` | a key that may do everything: 32 to 256 letters, digits or `-._~+/` | Node: made and shown at the first start |
 * | `EDGEPOST_CONNECTIONS` | JSON: name → connection URL or object; these may be anywhere | none |
 * | `EDGEPOST_ENCRYPTION_KEYS` | what secrets are sealed with: 32 octets in base64, the current one first, comma-separated | Node: made in the data folder |
 * | `EDGEPOST_DATA` | folder of the database; `:memory:` for none | `edgepost-data` |
 * | `EDGEPOST_HOST` | address to listen on | `127.0.0.1` |
 * | `EDGEPOST_PORT` | port to listen on; 0 lets the system choose | 8025 |
 * | `EDGEPOST_ALLOW_HOSTS` | private mail servers callers may name: hosts, addresses, blocks, comma-separated | none |
 * | `EDGEPOST_ALLOW_PORTS` | ports callers may name, comma-separated | 465,587,2525 |
 * | `EDGEPOST_RESOLVER` | Workers: URL of a DNS over HTTPS resolver, or `platform` to check literal addresses alone | Cloudflare's |
 * | `EDGEPOST_CORS_ORIGINS` | web pages that may call from a browser, as origins, comma-separated | none |
 * | `EDGEPOST_RATE_LIMIT` | requests per API key, as `100/60s` | any |
 * | `EDGEPOST_RETENTION_DAYS` | how long the log of messages is kept | 30 |
 * | `EDGEPOST_KEEP_CONTENT` | `true` keeps the messages themselves | `false` |
 * | `EDGEPOST_CONSOLE` | `false` takes the pages for people at `/console` away | `true` |
 * | `EDGEPOST_SHUTDOWN_MS` | how long a stop waits for what is being sent | 30000 |
 *
 * @throws EnvironmentError for everything that is wrong, unknown `EDGEPOST_…` names included.
 */
export function readEnvironment(variables: Readonly<Record<string, unknown>>): Environment {
  const ours = Object.entries(variables).filter(([name, value]) => isOurs(name) && value !== "");
  const result = schema.safeParse(Object.fromEntries(ours));
  if (!result.success) throw new EnvironmentError(describe(result.error.issues));
  const values = result.data;
  return {
    host: values.EDGEPOST_HOST,
    port: values.EDGEPOST_PORT,
    dataPath: values.EDGEPOST_DATA,
    apiKey: values.EDGEPOST_API_KEY,
    encryptionKeys: values.EDGEPOST_ENCRYPTION_KEYS,
    connections: values.EDGEPOST_CONNECTIONS,
    allowHosts: values.EDGEPOST_ALLOW_HOSTS ?? [],
    allowPorts: values.EDGEPOST_ALLOW_PORTS,
    resolver: values.EDGEPOST_RESOLVER,
    shutdownMs: values.EDGEPOST_SHUTDOWN_MS,
    server: {
      console: values.EDGEPOST_CONSOLE !== "false",
      corsOrigins: values.EDGEPOST_CORS_ORIGINS,
      rateLimit: values.EDGEPOST_RATE_LIMIT,
      retentionMs: values.EDGEPOST_RETENTION_DAYS * DAY_MS,
      keepContent: values.EDGEPOST_KEEP_CONTENT === "true",
    },
  };
}

/** `EDGEPOST_URL` tells those who ask where it is, in every example: who tries them has it in the shell he starts this in. */
function isOurs(name: string): boolean {
  return name.startsWith("EDGEPOST_") && name !== "EDGEPOST_URL";
}

const schema = z.strictObject({
  EDGEPOST_API_KEY: text("must be 32 to 256 letters, digits or -._~+/ characters; make one with `openssl rand -hex 32`")
    .regex(TOKEN_FORM, "must be 32 to 256 letters, digits or -._~+/ characters; make one with `openssl rand -hex 32`")
    .optional(),
  EDGEPOST_CONNECTIONS: text("must be a JSON object")
    .default("{}")
    .transform(parseJsonObject)
    .pipe(z.record(z.string(), z.unknown()).superRefine(checkConnections))
    .transform((connections) => connections as Record<string, SmtpConnection | string>),
  EDGEPOST_ENCRYPTION_KEYS: list(
    z.string().refine(isEncryptionKey),
    "must be keys of 32 octets in base64, comma-separated; make one with `openssl rand -base64 32`",
  ),
  EDGEPOST_DATA: text("must be a folder").default("edgepost-data"),
  EDGEPOST_HOST: text("must be an address").default("127.0.0.1"),
  EDGEPOST_PORT: wholeNumber(65_535, "must be a port: a whole number from 0 (the system chooses) to 65535").default(
    8025,
  ),
  EDGEPOST_ALLOW_HOSTS: list(z.string().regex(/^[\w.:/-]+$/), "must be hosts, addresses or blocks, comma-separated"),
  EDGEPOST_ALLOW_PORTS: list(
    z.coerce.number().int().min(1).max(65_535),
    "must be ports from 1 to 65535, comma-separated",
  ),
  EDGEPOST_RESOLVER: text("must be an https URL, or platform")
    .refine((value) => value === "platform" || (URL.canParse(value) && new URL(value).protocol === "https:"), {
      error: "must be an https URL, or platform",
    })
    .default("https://cloudflare-dns.com/dns-query"),
  EDGEPOST_CORS_ORIGINS: list(
    z.string().refine((origin) => URL.canParse(origin) && new URL(origin).origin === origin),
    "must be origins such as https://app.example.com, comma-separated",
  ),
  EDGEPOST_RATE_LIMIT: text("must be requests per seconds, as 100/60s")
    .regex(/^[1-9]\d{0,6}\/[1-9]\d{0,6}s$/, "must be requests per seconds, as 100/60s")
    .transform(parseRateLimit)
    .optional(),
  EDGEPOST_RETENTION_DAYS: wholeNumber(3650, "must be days: a whole number up to 3650").default(30),
  EDGEPOST_KEEP_CONTENT: z.enum(["true", "false"], "must be true or false").optional(),
  EDGEPOST_CONSOLE: z.enum(["true", "false"], "must be true or false").optional(),
  EDGEPOST_SHUTDOWN_MS: wholeNumber(3_600_000, "must be milliseconds: a whole number up to 3600000").default(30_000),
});

function text(expected: string) {
  return z.string(expected);
}

function wholeNumber(most: number, expected: string) {
  return text(expected)
    .regex(/^\d{1,7}$/, expected)
    .transform(Number)
    .refine((value) => value <= most, expected);
}

/** One issue for the whole list, so that no entry is told: it may be a key. */
function list<Entry extends z.ZodType>(entry: Entry, expected: string) {
  return text(expected)
    .transform((value, context): z.output<Entry>[] => {
      const result = z.array(entry).safeParse(value.split(",").map((part) => part.trim()));
      if (result.success) return result.data;
      context.addIssue(expected);
      return z.NEVER;
    })
    .optional();
}

function parseRateLimit(value: string): RateLimit {
  const [requests = "", perSeconds = ""] = value.slice(0, -1).split("/");
  return { requests: Number(requests), perMs: Number(perSeconds) * 1000 };
}

function parseJsonObject(value: string, context: z.RefinementCtx): unknown {
  try {
    return JSON.parse(value);
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
