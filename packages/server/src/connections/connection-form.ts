import {
  type Issue,
  isMailError,
  MailError,
  type ParsedConnection,
  parseConnection,
  type SmtpConnection,
} from "@edgepost/core";
import { connectionSchema } from "@edgepost/core/schema";
import * as z from "zod";
import { mergeIssues, shapeIssues } from "../http/shape.ts";
import { CONNECTION_NAME, MAX_NAME_LENGTH } from "./connection-name.ts";
import { MASK } from "./secret-fields.ts";
import { FIXABLE_FIELDS, parseAllowed, type SenderPolicy } from "./sender-policy.ts";

/** What a stored connection is made of, beside its name: how to reach a server, and what it lets messages say. */
export interface ConnectionForm extends SenderPolicy {
  readonly connection: SmtpConnection;
  /** Used when a message names no connection. */
  readonly system: boolean;
  readonly delivery?: DeliverySettings | undefined;
}

/** How messages over a connection are delivered. */
export interface DeliverySettings {
  /** How old a message may be at its last attempt. Default: that of the server, 24 h. */
  readonly maxAgeMs?: number | undefined;
  /** Messages that wait, sent in a day at most, by UTC. Default: any number. */
  readonly dailyQuota?: number | undefined;
  /** Keeps the dialogue of each attempt in the log, without credentials and content. Default: as the server does. */
  readonly keepTranscripts?: boolean | undefined;
  /** Puts a recipient on the suppression list whom the mail server says it does not know. Default: false. */
  readonly suppressRefused?: boolean | undefined;
}

export interface NewConnection extends ConnectionForm {
  readonly name: string;
}

const MINUTE_MS = 60_000;
const MONTH_MS = 30 * 24 * 60 * MINUTE_MS;

export const deliverySchema = z.strictObject({
  maxAgeMs: z.int().min(MINUTE_MS).max(MONTH_MS).optional().describe("Age of a message at its last attempt."),
  dailyQuota: z.int().min(1).optional().describe("Messages a day, by UTC. Default: any number."),
  keepTranscripts: z
    .boolean()
    .optional()
    .describe("Keeps the dialogue of each attempt, without credentials and content. Default: as the server does."),
  suppressRefused: z
    .boolean()
    .optional()
    .describe(
      "Puts a recipient the mail server does not know on the suppression list of this connection. Default: false.",
    ),
});

const policyFields = {
  system: z.boolean().optional().describe("Used when a message names no connection; at most one is."),
  allowedFrom: z
    .array(z.string())
    .optional()
    .describe("Addresses, or whole domains as `@acme.com`, that may stand as sender. Default: any."),
  fixed: z
    .array(z.enum(FIXABLE_FIELDS))
    .optional()
    .describe("Fields that are always the default of the connection. Default: none."),
  delivery: deliverySchema
    .optional()
    .describe("How messages over this connection are delivered; age and quota are those of messages that wait."),
};

export const connectionFormSchema = connectionSchema.extend(policyFields).meta({ id: "ConnectionForm" });

export const newConnectionSchema = connectionFormSchema
  .extend({
    name: z.string().max(MAX_NAME_LENGTH).regex(CONNECTION_NAME, "must be words, or a path such as team/alerts"),
  })
  .meta({ id: "NewConnection" });

/**
 * Reads the body that makes a connection.
 * @throws MailError `invalid-connection` with every issue.
 */
export function parseNewConnection(body: unknown): NewConnection {
  const { name, ...fields } = isRecord(body) ? body : {};
  return { ...parseForm(fields, shapeIssues(newConnectionSchema, body)), name: String(name) };
}

/** The same for one that is changed: all its fields, after the change. */
export function parseChangedConnection(fields: unknown): ConnectionForm {
  return parseForm(isRecord(fields) ? fields : {}, shapeIssues(connectionFormSchema, fields));
}

/** Reads how to reach a server, at `at` in the body. */
export function parseReach(input: SmtpConnection | string, at = ""): ParsedConnection {
  const shape = typeof input === "string" ? [] : shapeIssues(connectionSchema, input);
  return checked(input, shape, at);
}

function parseForm(fields: Readonly<Record<string, unknown>>, shape: readonly Issue[]): ConnectionForm {
  const {
    system = false,
    allowedFrom,
    fixed,
    delivery,
    ...connection
  } = fields as unknown as Partial<ConnectionForm> & SmtpConnection;
  const policy = { allowedFrom: Array.isArray(allowedFrom) ? allowedFrom.map(String) : undefined, fixed };
  checked(connection, [...shape, ...policyIssues(policy, connection), ...maskIssues(connection)], "");
  return {
    connection,
    system,
    ...(policy.allowedFrom && { allowedFrom: policy.allowedFrom.map((entry) => parseAllowed(entry) ?? entry) }),
    ...(fixed && { fixed }),
    ...(delivery && { delivery }),
  };
}

function checked(input: SmtpConnection | string, more: readonly Issue[], at: string): ParsedConnection {
  let issues = more;
  try {
    const parsed = parseConnection(input);
    issues = [...more, ...timeIssues(parsed)];
    if (issues.length === 0) return parsed;
  } catch (error) {
    if (!isMailError(error)) throw error;
    issues = mergeIssues(error.issues ?? [], more);
  }
  throw invalidConnection(issues.map(({ path, message }) => ({ path: below(at, path), message })));
}

/** The default, and the most: a caller who brings a server that never answers must not hold a socket of ours for ever. */
export const MAX_SEND_MS = 15 * 60 * 1000;

function timeIssues({ timeouts }: ParsedConnection): Issue[] {
  const message = `must be at most ${MAX_SEND_MS}: this server waits no longer for one message`;
  return timeouts.totalMs > MAX_SEND_MS ? [{ path: "timeouts.totalMs", message }] : [];
}

export function invalidConnection(issues: readonly Issue[]): MailError {
  const lines = issues.map(({ path, message }) => (path === "" ? message : `${path}: ${message}`));
  const detail = `The connection cannot be used: ${lines.join("; ")}`;
  return new MailError("invalid-connection", detail, { phase: "input", issues });
}

function policyIssues({ allowedFrom = [], fixed = [] }: SenderPolicy, connection: SmtpConnection): Issue[] {
  const defaults = connection.defaults ?? {};
  return [
    ...allowedFrom.flatMap((entry, index) =>
      parseAllowed(entry) === undefined
        ? [{ path: `allowedFrom[${index}]`, message: "must be an address, or a domain as @acme.com" }]
        : [],
    ),
    ...(fixed.includes("from") && defaults.from === undefined
      ? [{ path: "fixed", message: 'holds "from", and the connection has no default for it' }]
      : []),
  ];
}

/** A mask that comes back would become the password. */
function maskIssues({ auth, tls }: SmtpConnection): Issue[] {
  const secrets = { "auth.password": auth?.password, "auth.accessToken": auth?.accessToken, "tls.key": tls?.key };
  return Object.entries(secrets).flatMap(([path, value]) =>
    value === MASK ? [{ path, message: "is the mask of a secret; send the secret, or leave it out to keep it" }] : [],
  );
}

function below(at: string, path: string): string {
  if (at === "" || path === "") return `${at}${path}`;
  return path.startsWith("[") ? `${at}${path}` : `${at}.${path}`;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
