import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { SmtpConnection, SmtpTls } from "@edgepost/core";
import { startServer } from "@edgepost/server/node";
import type { TestSmtpServer } from "../support/smtp-server.ts";
import { testCertificates } from "../support/tls.ts";
import { startWorker } from "../support/workerd.ts";
import { readWranglerConfig, toMiniflare } from "../support/wrangler.ts";
import { type Answer, TOKEN } from "./endpoint.ts";

/** The endpoint behind one of its ready entries, on a real port. */
export interface Entry extends AsyncDisposable {
  readonly url: string;
  /** Everything it has logged so far. */
  readonly log: string;
  /** What a connection to a mail server of the tests needs here, to trust its certificate. */
  readonly tls: SmtpTls | undefined;
  /** A request with the key of the operator, and a JSON body if there is one. Strings and bytes go as they are. */
  request(method: string, path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<Answer>;
}

export interface EntryOptions {
  /** More connections beside `main`. Those over TLS trust the authority of the tests. */
  readonly connections?: Readonly<Record<string, SmtpConnection>>;
  /** More `EDGEPOST_…` variables. */
  readonly variables?: Readonly<Record<string, string>>;
  /** Of a Worker: without its queue and its bucket. Default: false. */
  readonly isBare?: boolean;
  /** What is in its database already: statements of SQL. */
  readonly database?: readonly string[];
}

/** Starts an entry whose connection `main` is a mail server of the tests. */
export type StartEntry = (smtp: Pick<TestSmtpServer, "port">, options?: EntryOptions) => Promise<Entry>;

export const startNodeEntry: StartEntry = async (smtp, options = {}) => {
  const tls = { ca: (await testCertificates()).ca };
  const folder = mkdtempSync(join(tmpdir(), "edgepost-entry-"));
  if (options.database !== undefined) {
    const database = new DatabaseSync(join(folder, "edgepost.db"));
    for (const statement of options.database) database.exec(statement);
    database.close();
  }
  const lines: string[] = [];
  const environment = { EDGEPOST_DATA: folder, EDGEPOST_PORT: "0", ...variablesFor(smtp, options, tls) };
  const { url, close } = await startServer(environment, (entry) => lines.push(JSON.stringify(entry)));
  return {
    url,
    tls,
    get log() {
      return lines.join("\n");
    },
    request: requestAt(url),
    async [Symbol.asyncDispose]() {
      await close();
      rmSync(folder, { recursive: true });
    },
  };
};

export const startWorkersEntry: StartEntry = async (smtp, options = {}) => {
  const worker = await startWorker(new URL("../../packages/server/src/worker.ts", import.meta.url), {
    miniflare: {
      bindings: { ...OFFLINE, ...variablesFor(smtp, options, undefined) },
      ...(options.isBare === true ? { d1Databases: ["DB"] } : toMiniflare(readWranglerConfig())),
    },
  });
  if (options.database !== undefined) await worker.runSql("DB", options.database);
  return {
    url: worker.url,
    // A Worker cannot bring an authority along: its runtime is told whom to trust.
    tls: undefined,
    get log() {
      return worker.log;
    },
    request: requestAt(worker.url),
    [Symbol.asyncDispose]: worker.close,
  };
};

/** No test asks a resolver of the internet. */
const OFFLINE = { EDGEPOST_RESOLVER: "platform" };

export const ENTRIES: readonly (readonly [name: string, start: StartEntry])[] = [
  ["Node with SQLite", startNodeEntry],
  ["Workers with D1, R2 and Queues", startWorkersEntry],
];

/** Any mail server of the tests lets these in. */
export const LOGIN = { username: "user", password: "canary2-sesame" };

function variablesFor(
  { port }: Pick<TestSmtpServer, "port">,
  { connections, variables }: EntryOptions,
  tls: SmtpTls | undefined,
): Record<string, string> {
  const all = Object.entries({ main: { host: "localhost", port, auth: LOGIN }, ...connections });
  const trusting = all.map(([name, connection]: [string, SmtpConnection]) => [
    name,
    connection.security === "none" || tls === undefined ? connection : { ...connection, tls },
  ]);
  return {
    EDGEPOST_API_KEY: TOKEN,
    EDGEPOST_ENCRYPTION_KEYS: "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
    EDGEPOST_CONNECTIONS: JSON.stringify(Object.fromEntries(trusting)),
    ...variables,
  };
}

function requestAt(url: string): Entry["request"] {
  return async (method, path, body, headers = {}) => {
    const isReady = body === undefined || typeof body === "string" || body instanceof Uint8Array;
    const response = await fetch(`${url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${TOKEN}`,
        ...(body !== undefined && { "content-type": "application/json" }),
        ...headers,
      },
      ...(body !== undefined && { body: isReady ? (body as BodyInit) : JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: text === "" ? undefined : JSON.parse(text), headers: response.headers };
  };
}
