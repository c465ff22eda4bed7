import { startSmtpServer, type TestSmtpServer } from "../support/smtp-server.ts";
import { testCertificates } from "../support/tls.ts";
import { startWorker, type TestWorker } from "../support/workerd.ts";
import type { Contender, Sent, WorkerRequest } from "./contender.ts";

// What each library does in workerd.

type Ask = Omit<WorkerRequest, "message" | "host" | "port">;

export async function runsOnWorkers(contender: Contender): Promise<string> {
  await using server = await startSmtpServer({ security: "none" });
  const ask: Ask = { security: "none" };
  if ((await sendFromWorker(contender, server, ask, false)) === undefined) return "yes";
  return (await sendFromWorker(contender, server, ask, true)) === undefined ? "with `nodejs_compat`" : "no";
}

export async function starttlsOnWorkers(contender: Contender): Promise<string> {
  await using server = await startSmtpServer();
  const error = await sendFromWorker(contender, server, { security: "starttls" });
  return error === undefined && server.received[0]?.secure ? "yes" : "fails";
}

/** To a server whose certificate is for its name alone, as those of public mail servers are. */
export async function implicitTlsOnWorkers(contender: Contender): Promise<string> {
  const { wrongName, server: loopback } = await testCertificates();
  const looksUpItself = contender.name === "nodemailer";
  await using server = await startSmtpServer({ security: "implicit", identity: looksUpItself ? wrongName : loopback });
  const ask: Ask = { security: "implicit", serverName: "mail.elsewhere.example" };
  return (await sendFromWorker(contender, server, ask)) === undefined ? "yes" : "fails";
}

/** With a client, or a pool, that stays in the memory of the Worker from one request to the next. */
export async function keptOverRequests(contender: Contender): Promise<string> {
  await using server = await startSmtpServer({ security: "none" });
  await using worker = await startWorker(contender.worker, { nodejsCompat: true });
  for (let request = 1; request <= MANY_REQUESTS; request++) {
    const error = await send(contender, worker, server, { security: "none", keep: true });
    if (error !== undefined) return `request ${request} ${/hung/.test(error) ? "hangs" : "fails"}`;
  }
  return "yes";
}

/** More than a pool has connections. */
const MANY_REQUESTS = 8;

async function sendFromWorker(
  contender: Contender,
  server: TestSmtpServer,
  ask: Ask,
  nodejsCompat = true,
): Promise<string | undefined> {
  try {
    await using worker = await startWorker(contender.worker, { nodejsCompat });
    return await send(contender, worker, server, ask);
  } catch (error) {
    return String(error); // it did not start
  }
}

/** The error, if there is one. */
async function send(
  { name }: Contender,
  worker: TestWorker,
  { port }: TestSmtpServer,
  ask: Ask,
): Promise<string | undefined> {
  // nodemailer looks names up by DNS over HTTPS and connects to the address: a test has to do the first half for it.
  const host = name === "nodemailer" ? "127.0.0.1" : "localhost";
  try {
    const { error } = await worker.ask<Sent>("/", { ...ask, host, port, message: {} } satisfies WorkerRequest);
    return error;
  } catch (error) {
    return String(error);
  }
}
