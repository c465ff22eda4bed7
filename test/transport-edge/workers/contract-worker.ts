import type { SmtpConnection, Transport } from "@edgepost/core";
import { type ContractSubject, transportContract } from "@edgepost/core/testing";
import { edgeTransport } from "@edgepost/transport-edge";
import { type SmtpSessionNamespace, SmtpSessionObject } from "@edgepost/transport-edge/durable-object";
import { workerMailerTransport } from "@edgepost/transport-edge/worker-mailer";

export { SmtpSessionObject };

/** The transports under test, by name. */
const transports: Readonly<Record<string, (connection: SmtpConnection, env: Env) => Transport>> = {
  edge: (connection) => edgeTransport(connection),
  "durable-object": (connection, env) => SmtpSessionObject.transport(env.SMTP_SESSION, connection),
  "worker-mailer": (connection) => workerMailerTransport(connection),
};

export interface Env {
  readonly SMTP_SESSION: SmtpSessionNamespace;
  /** Starts and asks servers on the machine of the test; see contract.test.ts. */
  readonly SERVERS: { fetch(request: Request): Promise<Response> };
}

export interface RunRequest {
  readonly transport: string;
  readonly connection: Partial<SmtpConnection>;
  /** The test to run; without it the names of all are answered. */
  readonly test?: string;
}

/** Runs a test of the transport contract inside a Worker. A failure is its status and message. */
export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const { transport, connection, test }: RunRequest = await request.json();
    const tests = new Map<string, () => Promise<void>>();
    transportContract({
      test: (name, run) => tests.set(name, run),
      keepsBytes: transport !== "worker-mailer",
      createTransport: ({ refuse }) => createSubject(env, transport, connection, refuse),
    });
    if (test === undefined) return Response.json([...tests.keys()]);
    try {
      await tests.get(test)?.();
      return Response.json(null);
    } catch (error) {
      return new Response(error instanceof Error ? `${error.message}\n${error.stack}` : String(error), { status: 500 });
    }
  },
};

async function createSubject(
  env: Env,
  name: string,
  connection: Partial<SmtpConnection>,
  refuse: ReadonlyMap<string, number>,
): Promise<ContractSubject> {
  const ask = async (path: string, body: unknown = null) => {
    const request = new Request(`https://servers${path}`, { method: "POST", body: JSON.stringify(body) });
    return (await env.SERVERS.fetch(request)).json();
  };
  const { id, port } = (await ask("/start", { refuse: [...refuse] })) as { id: string; port: number };
  const transport = transports[name]?.({ host: "localhost", port, ...connection }, env);
  if (transport === undefined) throw new Error(`There is no transport "${name}".`);
  return {
    transport,
    async received(atLeast) {
      const mails = (await ask("/received", { id, atLeast })) as { from: string; to: string[]; latin1: string }[];
      return mails.map(({ from, to, latin1 }) => ({
        from,
        to,
        bytes: Uint8Array.from(latin1, (c) => c.charCodeAt(0)),
      }));
    },
    async dispose() {
      await transport.close?.();
      await ask("/stop", { id });
    },
  };
}
