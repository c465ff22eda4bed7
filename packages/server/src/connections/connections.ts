import {
  isMailError,
  type MailErrorCode,
  type MessageDefaults,
  type ParsedConnection,
  parseConnection,
  type SmtpConnection,
  type Transport,
} from "@edgepost/core";
import { RequestProblem } from "../http/problem.ts";
import { type ApiKey, mayUse } from "../keys/scopes.ts";
import type { ConnectionRecord, Store } from "../store/store.ts";
import { type ConfiguredConnection, parseConfigured } from "./configured-connection.ts";
import { type ConnectionBook, connectionNotFound, type StoredConnection } from "./connection-book.ts";
import { type DeliverySettings, parseReach } from "./connection-form.ts";
import { eachAddress } from "./each-address.ts";
import type { HostPolicy } from "./host-policy.ts";
import type { SendQueue } from "./send-queue.ts";
import type { SenderPolicy } from "./sender-policy.ts";

/** A request names a connection, brings one along, or leaves the choice to the system connection. */
export type ConnectionChoice = string | SmtpConnection | undefined;

/** A way to a mail server, for one request. */
export interface OpenConnection {
  /** Null for a connection that was brought along. */
  readonly name: string | null;
  /** The mail server's own name, whatever address is connected to. */
  readonly host: string;
  readonly defaults: MessageDefaults;
  readonly policy: SenderPolicy;
  readonly transport: Transport;
  readonly pool: ParsedConnection["pool"];
  readonly delivery: DeliverySettings;
  /** Waits for a place among the messages that go over this connection at once; resolves with what gives it back. */
  enter(): Promise<() => void>;
  /** Remembers how it served: well, or with which error. */
  note(error?: unknown): Promise<void>;
  /** Ends what was opened for this request alone. */
  release(): Promise<void>;
}

export interface Connections {
  /**
   * @throws RequestProblem `connection-not-found`, the same for unknown names and for those of others.
   * @throws MailError `invalid-connection` for a connection brought along, or one whose host may not be connected to.
   */
  open(choice: ConnectionChoice, key: ApiKey): Promise<OpenConnection>;
  /** The connection a message was stored for, when its turn comes: whether its key may use that was asked before. */
  reopen(name: string): Promise<OpenConnection>;
  /** The operator's own, with how they served since the server started: it writes that down for stored ones alone. */
  listConfigured(): readonly ConnectionUse[];
  /** How messages over a connection are delivered, whether or not it can be opened now. */
  deliveryOf(name: string): Promise<DeliverySettings>;
  /** Lets what is being sent finish, then closes every transport. */
  close(): Promise<void>;
}

export type ConnectionUse = Pick<ConnectionRecord, "name" | "lastUsedAt" | "lastError">;

export interface ConnectionsOptions {
  readonly transport: (connection: SmtpConnection | string) => Transport;
  /** The operator's own, by name: they go before stored ones, and wherever they like. */
  readonly configured: Readonly<Record<string, ConfiguredConnection>>;
  readonly book: ConnectionBook;
  readonly store: Store;
  readonly hostPolicy: HostPolicy;
  readonly queue: SendQueue | undefined;
  readonly clock: () => Date;
}

/**
 * Opens connections. Each has one transport for as long as it stays the same, so that its sockets are reused.
 * @throws MailError `invalid-connection`, for the first configured connection that cannot be used.
 */
export function createConnections({
  book,
  store,
  hostPolicy,
  queue,
  clock,
  ...options
}: ConnectionsOptions): Connections {
  const configured = new Map<string, OpenConnection>();
  const uses = new Map<string, ConnectionUse>();
  for (const [name, written] of Object.entries(options.configured)) {
    const { connection, reach, delivery } = parseConfigured(written, `connections.${name}`);
    const { host, defaults, pool } = reach;
    const transport = options.transport(connection);
    const enter = () => enterQueue(name, reach);
    const note = async (error: unknown) => {
      uses.set(name, { name, lastUsedAt: clock().getTime(), lastError: connectionFault(error) });
    };
    uses.set(name, { name, lastUsedAt: null, lastError: null });
    configured.set(name, {
      name,
      host,
      defaults,
      policy: {},
      transport,
      pool,
      delivery,
      enter,
      note,
      release: nothing,
    });
  }
  const stored = new Map<string, StoredTransport>();
  const noted = new Map<string, { readonly revision: number; readonly fault: string | null; readonly at: number }>();

  async function enterQueue(name: string, { pool, timeouts }: ParsedConnection): Promise<() => void> {
    return (await queue?.enter(name, { atOnce: pool.maxConnections, withinMs: timeouts.totalMs })) ?? (() => {});
  }

  async function openNamed(name: string, key: ApiKey): Promise<OpenConnection> {
    if (!mayUse(key, name)) throw unknownName();
    return reopen(name);
  }

  async function reopen(name: string): Promise<OpenConnection> {
    const ours = configured.get(name) ?? (await book.find(name));
    if (ours === undefined) throw unknownName();
    return "record" in ours ? openStored(ours) : ours;
  }

  async function openSystem(key: ApiKey): Promise<OpenConnection> {
    const record = await store.connections.findSystem();
    if (record === undefined) throw noneNamed();
    return openNamed(record.name, key);
  }

  async function openStored({ record, form }: StoredConnection): Promise<OpenConnection> {
    const { name, revision } = record;
    const reach = parseConnection(form.connection);
    const { host, port, defaults } = reach;
    const addresses = (await hostPolicy.check(host, port)) ?? [host];
    let known = stored.get(name);
    if (known?.revision !== revision || !known.addresses.every((address) => addresses.includes(address))) {
      const transport = openAddresses(await book.reveal({ record, form }), host, addresses);
      // Who has the old one in hand sends with it yet.
      if (known?.users === 0) closeQuietly(known);
      known = { revision, addresses, transport, users: 0 };
      stored.set(name, known);
    }
    const ours = known;
    ours.users++;
    return {
      name,
      host,
      defaults,
      policy: form,
      transport: ours.transport,
      pool: reach.pool,
      delivery: form.delivery ?? {},
      enter: () => enterQueue(name, reach),
      note: (error) => note(record, error),
      async release() {
        ours.users--;
        if (ours.users === 0 && stored.get(name) !== ours) closeQuietly(ours);
      },
    };
  }

  function openAddresses(connection: SmtpConnection, host: string, addresses: readonly string[]): Transport {
    return eachAddress(addresses, (address) => options.transport(toAddress(connection, host, address)));
  }

  /** Writes a use down when it tells something new: another outcome, or the same a minute later. */
  async function note({ name, revision }: Pick<ConnectionRecord, "name" | "revision">, error: unknown): Promise<void> {
    const fault = connectionFault(error);
    const now = clock().getTime();
    const last = noted.get(name);
    if (last?.revision === revision && last.fault === fault && now - last.at < NOTE_EVERY_MS) return;
    noted.set(name, { revision, fault, at: now });
    // For a list to show. Nobody's answer depends on it.
    await store.connections.noteUse(name, now, fault).catch(() => {});
  }

  async function openInline(written: SmtpConnection): Promise<OpenConnection> {
    const { host, port, defaults, pool } = parseReach(written, "connection");
    const transport = openAddresses(written, host, (await hostPolicy.check(host, port)) ?? [host]);
    return {
      name: null,
      host,
      defaults,
      policy: {},
      transport,
      pool,
      delivery: {},
      enter: async () => () => {},
      note: nothing,
      release: async () => transport.close?.(),
    };
  }

  return {
    open(choice, key) {
      if (choice === undefined) return openSystem(key);
      return typeof choice === "string" ? openNamed(choice, key) : openInline(choice);
    },
    reopen,
    listConfigured: () => [...uses.values()],
    async deliveryOf(name) {
      return configured.get(name)?.delivery ?? (await book.find(name))?.form.delivery ?? {};
    },
    async close() {
      const transports = [...configured.values(), ...stored.values()].map(({ transport }) => transport);
      await Promise.all(transports.map((transport) => transport.close?.()));
    },
  };
}

/** The transport of a stored connection, as long as it was not changed and its name still has the addresses. */
interface StoredTransport {
  readonly revision: number;
  readonly addresses: readonly string[];
  readonly transport: Transport;
  /** Requests that have it in hand. */
  users: number;
}

/** Nobody waits for it, and a server that says no goodbye is nobody's fault. */
function closeQuietly({ transport }: StoredTransport): void {
  transport.close?.().catch(() => {});
}

/** The connection to an address that was checked, with the certificate still verified for the name. */
function toAddress(connection: SmtpConnection, name: string, address: string): SmtpConnection {
  if (address === name) return connection;
  if (connection.security === "none") return { ...connection, host: address }; // no certificate, and no name for it
  return { ...connection, host: address, tls: { ...connection.tls, serverName: connection.tls?.serverName ?? name } };
}

async function nothing(): Promise<void> {}

const NOTE_EVERY_MS = 60_000;

/** What an error says of the connection; null when it served, even to refuse a message. */
function connectionFault(error: unknown): string | null {
  if (!isMailError(error) || !CONNECTION_FAULTS.has(error.code)) return null;
  return `${error.code}: ${error.message}`;
}

const CONNECTION_FAULTS: ReadonlySet<MailErrorCode> = new Set([
  "connect-failed",
  "tls-failed",
  "tls-required",
  "auth-failed",
  "auth-unsupported",
  "auth-insecure",
  "greeting-rejected",
  "connection-lost",
  "protocol-error",
  "timeout",
]);

function unknownName(): RequestProblem {
  const { code, message } = connectionNotFound();
  return new RequestProblem(code, message, {
    errors: [{ pointer: "/connection", detail: "is not the name of a connection this API key may use" }],
  });
}

function noneNamed(): RequestProblem {
  return new RequestProblem(
    "invalid-connection",
    "The message names no connection, and there is no system connection.",
    {
      errors: [{ pointer: "/connection", detail: "is missing: the name of a connection, or one to bring along" }],
    },
  );
}
