import {
  isMailError,
  MailError,
  type MessageDefaults,
  parseConnection,
  type SmtpConnection,
  type Transport,
} from "@edgepost/core";
import { type ApiKey, requireScope } from "./authorize.ts";
import type { ServerOptions } from "./options.ts";
import { RequestProblem } from "./problem.ts";

/** A request names a connection, or brings one along. */
export type ConnectionChoice = string | SmtpConnection;

/** A way to a mail server, for one request. */
export interface OpenConnection {
  readonly transport: Transport;
  /** For fields a message leaves out. */
  readonly defaults: MessageDefaults;
  /** Ends what was opened for this request alone. */
  release(): Promise<void>;
}

export interface Connections {
  /**
   * @throws RequestProblem `connection-not-found`, the same for unknown names and for those of others; `forbidden`.
   * @throws MailError `invalid-connection` for a connection brought along.
   */
  open(choice: ConnectionChoice, key: ApiKey): OpenConnection;
  /** Lets what is being sent finish, then closes every transport. */
  close(): Promise<void>;
}

/**
 * The configured connections. Each has one transport for as long as the server lives, so that its sockets are reused.
 * @throws MailError `invalid-connection`, for the first configured connection that cannot be used.
 */
export function createConnections({ connections = {}, transport }: ServerOptions): Connections {
  const configured = new Map<string, OpenConnection>();
  for (const [name, connection] of Object.entries(connections)) {
    const { defaults } = parse(connection, `connections.${name}`);
    configured.set(name, { transport: transport(connection), defaults, release: async () => {} });
  }

  function find(name: string, key: ApiKey): OpenConnection {
    requireScope(key, "connections:use");
    const connection = mayUse(key, name) ? configured.get(name) : undefined;
    if (connection !== undefined) return connection;
    throw new RequestProblem("connection-not-found", "No connection of this name is open to this API key.", {
      errors: [{ pointer: "/connection", detail: "is not the name of a connection this API key may use" }],
    });
  }

  function openInline(connection: SmtpConnection, key: ApiKey): OpenConnection {
    requireScope(key, "connections:inline");
    const { defaults } = parse(connection, "connection");
    const opened = transport(connection);
    return { transport: opened, defaults, release: async () => opened.close?.() };
  }

  return {
    open: (choice, key) => (typeof choice === "string" ? find(choice, key) : openInline(choice, key)),
    async close() {
      await Promise.all([...configured.values()].map((connection) => connection.transport.close?.()));
    },
  };
}

function mayUse({ connections }: ApiKey, name: string): boolean {
  return connections === undefined || connections.includes(name);
}

/** Checks a connection before a transport sees it, and says where in the body or configuration it is wrong. */
function parse(connection: SmtpConnection | string, at: string): { readonly defaults: MessageDefaults } {
  try {
    return parseConnection(connection);
  } catch (error) {
    if (!isMailError(error)) throw error;
    const issues = error.issues?.map(({ path, message }) => ({ path: path === "" ? at : `${at}.${path}`, message }));
    throw new MailError(error.code, error.message, { phase: error.phase, issues });
  }
}
