import type { Client, ClientConfig, Pool } from "pg";

/** The schema everything is in, so that a database may be shared with other programs. */
export const SCHEMA = "edgepost";

/** Enough for some hundred messages a second, and few enough for ten processes on a Postgres with its 100 connections. */
const MAX_CONNECTIONS = 8;
const CONNECT_TIMEOUT_MS = 10_000;
/** A database that says nothing for so long is away: a lease lasts no longer. */
const QUERY_TIMEOUT_MS = 60_000;
/** A process that stands still in the middle of a transaction holds others up for no longer. */
const IDLE_TRANSACTION_MS = 5_000;

export async function openPool(url: string): Promise<Pool> {
  const pg = await loadPg();
  const pool = new pg.Pool({ ...configOf(url), max: MAX_CONNECTIONS });
  // A link that breaks is told to whoever asks something over it. Unheard, it would end the process, too.
  pool.on("error", () => {});
  pool.on("connect", (client) => client.on("error", () => {}));
  return pool;
}

/** A link of its own, to listen on. */
export async function openClient(url: string): Promise<Client> {
  const pg = await loadPg();
  const client = new pg.Client(configOf(url));
  client.on("error", () => {});
  await client.connect();
  return client;
}

/** An optional peer dependency: nobody without a Postgres has it. */
async function loadPg(): Promise<typeof import("pg")["default"]> {
  try {
    return (await import("pg")).default;
  } catch (cause) {
    throw new Error("A Postgres is reached by the package pg, which is not there: npm install pg", { cause });
  }
}

function configOf(url: string): ClientConfig {
  return {
    connectionString: url,
    application_name: "edgepost",
    options: `-c search_path=${SCHEMA}`,
    keepAlive: true,
    // A transaction goes out whole, and takes one round trip.
    pipeline: true,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: QUERY_TIMEOUT_MS,
    idle_in_transaction_session_timeout: IDLE_TRANSACTION_MS,
    types: { getTypeParser: parserOf },
  };
}

const INT8 = 20;
const BYTEA = 17;

/** All numbers here are times and counts, far below 2^53. */
function parserOf(type: number): (text: string) => unknown {
  if (type === INT8) return Number;
  if (type === BYTEA) return (text) => new Uint8Array(Buffer.from(text.slice("\\x".length), "hex"));
  return (text) => text;
}
