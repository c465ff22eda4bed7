import { isMailError } from "@edgepost/core";
import * as z from "zod";
import { type ConfiguredConnection, parseConfigured } from "./connections/configured-connection.ts";
import type { RateLimit } from "./http/rate-limit.ts";
import { TOKEN_FORM } from "./keys/token.ts";
import type { ServerOptions } from "./options.ts";
import { DEFAULT_QUEUE_LIMITS } from "./queue/limits.ts";
import { isEncryptionKey } from "./secrets.ts";

/** The settings of the ready entries, from environment variables (Node) or bindings (Workers). */
export interface Environment {
  readonly host: string;
  readonly port: number;
  readonly dataPath: string;
  /** The URL of a Postgres, in place of a file in the data folder. */
  readonly database: string | undefined;
  readonly apiKey: string | undefined;
  readonly encryptionKeys: readonly string[] | undefined;
  readonly connections: Readonly<Record<string, ConfiguredConnection>>;
  readonly allowHosts: readonly string[];
  readonly allowPorts: readonly number[] | undefined;
  readonly webhookHosts: readonly string[];
  readonly alertTo: readonly string[];
  /** `platform`, or the URL of a resolver. */
  readonly resolver: string;
  readonly shutdownMs: number;
  /** What goes to `createServer` as it is. */
  readonly server: Pick<
    ServerOptions,
    | "console"
    | "corsOrigins"
    | "inboxUrl"
    | "keepContent"
    | "keepTranscripts"
    | "outboxLimits"
    | "rateLimit"
    | "retentionMs"
  >;
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
 * | `EDGEPOST_DATABASE` | Node: URL of a Postgres for several servers at once, in place of a file; needs `EDGEPOST_ENCRYPTION_KEYS` | none |
 * | `EDGEPOST_HOST` | address to listen on | `127.0.0.1` |
 * | `EDGEPOST_PORT` | port to listen on; 0 lets the system choose | 8025 |
 * | `EDGEPOST_ALLOW_HOSTS` | private mail servers callers may name: hosts, addresses, blocks, comma-separated | none |
 * | `EDGEPOST_ALLOW_PORTS` | ports callers may name, comma-separated | 465,587,2525 |
 * | `EDGEPOST_WEBHOOK_HOSTS` | private hosts webhooks may lead to: hosts, addresses, blocks, comma-separated | none |
 * | `EDGEPOST_ALERT_TO` | who gets a mail when something is wrong, over the system connection: addresses, comma-separated | none |
 * | `EDGEPOST_RESOLVER` | Workers: URL of a DNS over HTTPS resolver, or `platform` to check literal addresses alone | Cloudflare's |
 * | `EDGEPOST_CORS_ORIGINS` | web pages that may call from a browser, as origins, comma-separated | none |
 * | `EDGEPOST_RATE_LIMIT` | requests per API key, as `100/60s` | any |
 * | `EDGEPOST_RETENTION_DAYS` | how long the log of messages is kept | 30 |
 * | `EDGEPOST_KEEP_CONTENT` | `true` keeps the messages themselves | `false` |
 * | `EDGEPOST_KEEP_TRANSCRIPTS` | `true` keeps the dialogue of each attempt, without credentials and content | `false` |
 * | `EDGEPOST_QUEUE_MAX_AGE_MS` | how old a message that waits may be at its last attempt, unless its connection says otherwise | 86400000 |
 * | `EDGEPOST_QUEUE_MAX_WAITING` | messages that may wait at once; one more is answered with 429 | 200000 |
 * | `EDGEPOST_QUEUE_FIRST_DELAY_MS` | before the second attempt; doubled before each further one | 30000 |
 * | `EDGEPOST_QUEUE_LONGEST_DELAY_MS` | the longest wait between two attempts | 3600000 |
 * | `EDGEPOST_QUEUE_FAULTS_TO_PAUSE` | a connection that fails so often in a row is left alone for a while | 3 |
 * | `EDGEPOST_QUEUE_FIRST_PAUSE_MS` | how long at first; doubled each time it fails again | 60000 |
 * | `EDGEPOST_QUEUE_LONGEST_PAUSE_MS` | the longest time it is left alone | 1800000 |
 * | `EDGEPOST_QUEUE_MAX_INTERRUPTIONS` | how often the process may die over a message before it is not tried again | 5 |
 * | `EDGEPOST_CONSOLE` | `false` takes the pages for people at `/console` away | `true` |
 * | `EDGEPOST_INBOX_URL` | a page that shows what has arrived, for trying things out: the console leads to it | none |
 * | `EDGEPOST_SHUTDOWN_MS` | how long a stop waits for what is being sent | 30000 |
 *
 * @throws EnvironmentError for everything that is wrong, unknown `EDGEPOST_…` names included.
 */
export function readEnvironment(variables: Readonly<Record<string, unknown>>): Environment {
  const ours = Object.entries(variables).filter(([name, value]) => isOurs(name) && value !== "");
  const result = schema.safeParse(Object.fromEntries(ours));
  if (!result.success) throw new EnvironmentError(describe(result.error.issues));
  const values = result.data;
  if (values.EDGEPOST_DATABASE !== undefined && values.EDGEPOST_ENCRYPTION_KEYS === undefined) {
    throw new EnvironmentError(describe([KEYS_MISSING]));
  }
  return {
    host: values.EDGEPOST_HOST,
    port: values.EDGEPOST_PORT,
    dataPath: values.EDGEPOST_DATA,
    database: values.EDGEPOST_DATABASE,
    apiKey: values.EDGEPOST_API_KEY,
    encryptionKeys: values.EDGEPOST_ENCRYPTION_KEYS,
    connections: values.EDGEPOST_CONNECTIONS,
    allowHosts: values.EDGEPOST_ALLOW_HOSTS ?? [],
    allowPorts: values.EDGEPOST_ALLOW_PORTS,
    webhookHosts: values.EDGEPOST_WEBHOOK_HOSTS ?? [],
    alertTo: values.EDGEPOST_ALERT_TO ?? [],
    resolver: values.EDGEPOST_RESOLVER,
    shutdownMs: values.EDGEPOST_SHUTDOWN_MS,
    server: {
      console: values.EDGEPOST_CONSOLE !== "false",
      inboxUrl: values.EDGEPOST_INBOX_URL,
      corsOrigins: values.EDGEPOST_CORS_ORIGINS,
      rateLimit: values.EDGEPOST_RATE_LIMIT,
      retentionMs: values.EDGEPOST_RETENTION_DAYS * DAY_MS,
      keepContent: values.EDGEPOST_KEEP_CONTENT === "true",
      keepTranscripts: values.EDGEPOST_KEEP_TRANSCRIPTS === "true",
      outboxLimits: {
        maxAgeMs: values.EDGEPOST_QUEUE_MAX_AGE_MS,
        maxWaiting: values.EDGEPOST_QUEUE_MAX_WAITING,
        firstDelayMs: values.EDGEPOST_QUEUE_FIRST_DELAY_MS,
        longestDelayMs: values.EDGEPOST_QUEUE_LONGEST_DELAY_MS,
        faultsToPause: values.EDGEPOST_QUEUE_FAULTS_TO_PAUSE,
        firstPauseMs: values.EDGEPOST_QUEUE_FIRST_PAUSE_MS,
        longestPauseMs: values.EDGEPOST_QUEUE_LONGEST_PAUSE_MS,
        maxInterruptions: values.EDGEPOST_QUEUE_MAX_INTERRUPTIONS,
      },
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
    .transform((connections) => connections as Record<string, ConfiguredConnection>),
  EDGEPOST_ENCRYPTION_KEYS: list(
    z.string().refine(isEncryptionKey),
    "must be keys of 32 octets in base64, comma-separated; make one with `openssl rand -base64 32`",
  ),
  EDGEPOST_DATA: text("must be a folder").default("edgepost-data"),
  EDGEPOST_DATABASE: text("must be the URL of a Postgres: postgres://user:password@host/database")
    .refine((value) => URL.canParse(value) && /^postgres(?:ql)?:$/.test(new URL(value).protocol), {
      error: "must be the URL of a Postgres: postgres://user:password@host/database",
    })
    .optional(),
  EDGEPOST_HOST: text("must be an address").default("127.0.0.1"),
  EDGEPOST_PORT: wholeNumber(65_535, "must be a port: a whole number from 0 (the system chooses) to 65535").default(
    8025,
  ),
  EDGEPOST_ALLOW_HOSTS: list(z.string().regex(/^[\w.:/-]+$/), "must be hosts, addresses or blocks, comma-separated"),
  EDGEPOST_ALLOW_PORTS: list(
    z.coerce.number().int().min(1).max(65_535),
    "must be ports from 1 to 65535, comma-separated",
  ),
  EDGEPOST_WEBHOOK_HOSTS: list(z.string().regex(/^[\w.:/-]+$/), "must be hosts, addresses or blocks, comma-separated"),
  EDGEPOST_ALERT_TO: list(z.email(), "must be addresses, comma-separated"),
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
  EDGEPOST_KEEP_TRANSCRIPTS: z.enum(["true", "false"], "must be true or false").optional(),
  EDGEPOST_QUEUE_MAX_AGE_MS: count(30 * DAY_MS, "milliseconds", DEFAULT_QUEUE_LIMITS.maxAgeMs),
  EDGEPOST_QUEUE_MAX_WAITING: count(10_000_000, "messages", DEFAULT_QUEUE_LIMITS.maxWaiting),
  EDGEPOST_QUEUE_FIRST_DELAY_MS: count(DAY_MS, "milliseconds", DEFAULT_QUEUE_LIMITS.firstDelayMs),
  EDGEPOST_QUEUE_LONGEST_DELAY_MS: count(DAY_MS, "milliseconds", DEFAULT_QUEUE_LIMITS.longestDelayMs),
  EDGEPOST_QUEUE_FAULTS_TO_PAUSE: count(1_000, "faults", DEFAULT_QUEUE_LIMITS.faultsToPause),
  EDGEPOST_QUEUE_FIRST_PAUSE_MS: count(DAY_MS, "milliseconds", DEFAULT_QUEUE_LIMITS.firstPauseMs),
  EDGEPOST_QUEUE_LONGEST_PAUSE_MS: count(DAY_MS, "milliseconds", DEFAULT_QUEUE_LIMITS.longestPauseMs),
  EDGEPOST_QUEUE_MAX_INTERRUPTIONS: count(1_000, "interruptions", DEFAULT_QUEUE_LIMITS.maxInterruptions),
  EDGEPOST_CONSOLE: z.enum(["true", "false"], "must be true or false").optional(),
  EDGEPOST_INBOX_URL: z.url({ protocol: /^https?$/, error: "must be an http URL" }).optional(),
  EDGEPOST_SHUTDOWN_MS: wholeNumber(3_600_000, "must be milliseconds: a whole number up to 3600000").default(30_000),
});

/** Made by one server, it would be unknown to the others. */
const KEYS_MISSING: z.core.$ZodIssue = {
  code: "custom",
  path: ["EDGEPOST_ENCRYPTION_KEYS"],
  message: "must be given along with EDGEPOST_DATABASE, the same to every server on it",
  input: undefined,
};

function text(expected: string) {
  return z.string(expected);
}

function wholeNumber(most: number, expected: string) {
  return text(expected)
    .regex(/^\d{1,7}$/, expected)
    .transform(Number)
    .refine((value) => value <= most, expected);
}

function count(most: number, of: string, byDefault: number) {
  const expected = `must be ${of}: a whole number from 1 to ${most}`;
  return text(expected)
    .regex(/^[1-9]\d{0,9}$/, expected)
    .transform(Number)
    .refine((value) => value <= most, expected)
    .default(byDefault);
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
      parseConfigured(connection as ConfiguredConnection);
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
