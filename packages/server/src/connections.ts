import { isMailError, MailError, parseConnection, type SmtpConnection, type Transport } from "@edgepost/core";
import { type ApiKey, requireScope } from "./authorize.ts";
import type { ServerOptions } from "./options.ts";
import { RequestProblem } from "./problem.ts";

/** A request names a connection, or brings one along. */
export type ConnectionChoice = string | SmtpConnection;

/** A way to a mail server, for one request. */
export interface OpenConnection {
  readonly transport: Transport;
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
  const configured = new Map(Object.entries(connections));
  for (const [name, connection] of configured) refuseUnusable(connection, `connections.${name}`);
  const transports = new Map<string, Transport>();

  function openConfigured(name: string, key: ApiKey): OpenConnection {
    requireScope(key, "connections:use");
    const connection = configured.get(name);
    if (connection === undefined || !mayUse(key, name)) {
      throw new RequestProblem("connection-not-found", "No connection of this name is open to this API key.", {
        errors: [{ pointer: "/connection", detail: "is not the name of a connection this API key may use" }],
      });
    }
    const opened = transports.get(name) ?? transport(connection);
    transports.set(name, opened);
    return { transport: opened, release: async () => {} };
  }

  function openInline(connection: SmtpConnection, key: ApiKey): OpenConnection {
    requireScope(key, "connections:inline");
    refuseUnusable(connection, "connection");
    const opened = transport(connection);
    return { transport: opened, release: async () => opened.close?.() };
  }

  return {
    open: (choice, key) => (typeof choice === "string" ? openConfigured(choice, key) : openInline(choice, key)),
    async close() {
      await Promise.all([...transports.values()].map((opened) => opened.close?.()));
    },
  };
}

function mayUse({ connections }: ApiKey, name: string): boolean {
  return connections === undefined || connections.includes(name);
}

/** Checks a connection before a transport sees it, and says where in the body or configuration it is wrong. */
function refuseUnusable(connection: SmtpConnection | string, at: string): void {
  try {
    parseConnection(connection);
  } catch (error) {
    if (!isMailError(error)) throw error;
    const issues = error.issues?.map(({ path, message }) => ({ path: path === "" ? at : `${at}.${path}`, message }));
    throw new MailError(error.code, error.message, { phase: error.phase, issues });
  }
}
