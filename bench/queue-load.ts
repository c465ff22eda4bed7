import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createMailer } from "@edgepost/core";
import { nodeTransport } from "@edgepost/transport-node";
import { TOKEN } from "../test/server/endpoint.ts";
import { freePort, untilListening } from "../test/support/free-port.ts";
import { Killable } from "../test/support/killable.ts";

/**
 * `pnpm proof:queue`: a hundred thousand messages are stored while their mail server is down; then it comes back. Prints how
 * long storing took at the beginning and at the end, how fast they went out beside the SDK alone, and how much memory that
 * took; ends with 1 when it was more than 400 MB, or when one was not sent.
 */
const MESSAGES = Number(process.env.EDGEPOST_QUEUE_MESSAGES ?? 100_000);
const CLIENTS = 50;
const MAX_RESIDENT_MB = 400;

const MESSAGE = { from: "a@example.com", to: "b@example.com", subject: "Hello", text: "Hello. ".repeat(150) };
const HEADERS = { authorization: `Bearer ${TOKEN}` };
const SINK = ["/usr/sbin/smtp-sink", "/usr/local/sbin/smtp-sink"].find((path) => existsSync(path));

async function prove(): Promise<void> {
  if (SINK === undefined) throw new Error('smtp-sink was not found: install Postfix, on Debian "apt install postfix".');
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), "edgepost-queue-"));
  const program = new URL("../test/server/queue/queue-server.ts", import.meta.url);
  const server = new Killable(program, { given: [join(folder, "edgepost.db"), String(port)] });
  const url = await server.url;
  let sink: ChildProcess | undefined;
  try {
    const memory = watchMemory(server.pid);
    const times = await storeAll(url);
    const tenth = Math.floor(times.length / 10);
    console.log(
      `stored ${times.length}: p50 ${median(times.slice(0, tenth))} ms for the first tenth, ${median(times.slice(-tenth))} ms for the last`,
    );

    sink = spawn(SINK, ["-u", "root", `inet:127.0.0.1:${port}`, "128"], { stdio: "ignore" });
    await untilListening(port);
    const began = performance.now();
    await untilSent(url);
    const perSecond = (MESSAGES / (performance.now() - began)) * 1000;
    const resident = memory.stop();
    console.log(`sent by the queue: ${perSecond.toFixed(0)} a second; resident memory ${resident} MB at most`);
    console.log(`sent by the SDK alone: ${(await sendBySdk(port)).toFixed(0)} a second`);
    if (resident > MAX_RESIDENT_MB) process.exitCode = 1;
  } finally {
    await server.stop();
    if (sink !== undefined) {
      sink.kill("SIGTERM");
      await once(sink, "close");
    }
    rmSync(folder, { recursive: true });
  }
}

async function storeAll(url: string): Promise<readonly number[]> {
  const times: number[] = [];
  let left = MESSAGES;
  const work = async () => {
    while (left-- > 0) {
      const began = performance.now();
      const response = await fetch(`${url}/v1/messages`, {
        method: "POST",
        headers: { ...HEADERS, "content-type": "application/json", prefer: "respond-async" },
        body: JSON.stringify({ connection: "main", ...MESSAGE }),
      });
      if (response.status !== 202) throw new Error(await response.text());
      await response.arrayBuffer();
      times.push(performance.now() - began);
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, work));
  return times;
}

async function untilSent(url: string): Promise<void> {
  for (const state of ["queued", "deferred", "sending"]) {
    while (await hasAny(url, state)) await new Promise((resolve) => setTimeout(resolve, 1_000));
  }
  for (const state of ["failed", "unknown"]) if (await hasAny(url, state)) throw new Error(`One is ${state}.`);
}

async function hasAny(url: string, state: string): Promise<boolean> {
  const response = await fetch(`${url}/v1/messages?limit=1&state=${state}`, { headers: HEADERS });
  return ((await response.json()) as { messages: unknown[] }).messages.length > 0;
}

async function sendBySdk(port: number): Promise<number> {
  const mailer = createMailer({ transport: nodeTransport({ host: "127.0.0.1", port, security: "none" }) });
  const messages = Array.from({ length: 10_000 }, () => MESSAGE);
  const began = performance.now();
  for await (const result of mailer.sendMany(messages)) if (!result.ok) throw result.error;
  const perSecond = (messages.length / (performance.now() - began)) * 1000;
  await mailer.close();
  return perSecond;
}

/** The most a process had in memory, in MB, as the system counts. */
function watchMemory(pid: number | undefined): { stop(): number } {
  let most = 0;
  const timer = setInterval(() => {
    const [, kilobytes = "0"] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
    most = Math.max(most, Math.round((Number(kilobytes) * 1024) / 1e6));
  }, 500);
  return {
    stop() {
      clearInterval(timer);
      return most;
    },
  };
}

function median(times: readonly number[]): string {
  const sorted = [...times].sort((one, other) => one - other);
  return (sorted[Math.floor(sorted.length / 2)] ?? 0).toFixed(1);
}

await prove();
