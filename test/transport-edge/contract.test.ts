import { afterAll, describe, it } from "vitest";
import { startSmtpServer, type TestSmtpServer } from "../support/smtp-server.ts";
import { startWorker } from "../support/workerd.ts";
import type { RunRequest } from "./workers/contract-worker.ts";

// The contract every transport keeps, run inside workerd against real servers outside.

const subjects: readonly (RunRequest & { readonly how: string; readonly nodejsCompat?: boolean })[] = [
  { transport: "edge", how: "over STARTTLS", connection: {} },
  { transport: "edge", how: "in clear text, with nodejs_compat", connection: { security: "none" }, nodejsCompat: true },
  { transport: "durable-object", how: "over STARTTLS", connection: {} },
  { transport: "worker-mailer", how: "over STARTTLS", connection: {} },
];

/** What worker-mailer cannot: it builds its own MIME, and needs a stream twice for that. */
const NEEDS_ONE_READ = ["aborted while the message is written", "an attachment fails"];

describe.each(subjects)(
  "$transport in workerd keeps the contract $how",
  async ({ nodejsCompat = false, ...subject }) => {
    const servers = new Map<string, TestSmtpServer>();
    const worker = await startWorker(new URL("./workers/contract-worker.ts", import.meta.url), {
      nodejsCompat,
      miniflare: {
        durableObjects: { SMTP_SESSION: "SmtpSessionObject" },
        serviceBindings: { SERVERS: (request: Request) => control(servers, request) },
      },
    });
    afterAll(async () => {
      await worker.close();
      for (const server of servers.values()) await server.close();
    });

    for (const test of await worker.ask<string[]>("/", subject)) {
      const isBeyond = subject.transport === "worker-mailer" && NEEDS_ONE_READ.some((words) => test.includes(words));
      it.skipIf(isBeyond)(test, () => worker.ask("/", { ...subject, test } satisfies RunRequest));
    }
  },
);

/** What a Worker may ask of this machine: a server, what it received, its end. */
async function control(servers: Map<string, TestSmtpServer>, request: Request): Promise<Response> {
  const { id = crypto.randomUUID(), refuse = [], atLeast = 0 } = (await request.json()) as ControlRequest;
  const server = servers.get(id);
  if (server === undefined) {
    const refuseRecipient = Object.fromEntries(refuse.map(([address, code]) => [address, { code }]));
    const started = await startSmtpServer({ refuseRecipient });
    servers.set(id, started);
    return Response.json({ id, port: started.port });
  }
  if (new URL(request.url).pathname === "/stop") {
    servers.delete(id);
    await server.close();
    return Response.json(null);
  }
  const mails = await server.waitFor(atLeast);
  return Response.json(mails.map(({ envelope, text }) => ({ ...envelope, latin1: text })));
}

interface ControlRequest {
  readonly id?: string;
  readonly refuse?: readonly (readonly [string, number])[];
  readonly atLeast?: number;
}
