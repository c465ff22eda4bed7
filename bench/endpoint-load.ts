import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createMailer } from "@edgepost/core";
import { nodeTransport } from "@edgepost/transport-node";
import { freePort, untilListening } from "../test/support/free-port.ts";
import { post, startNodeEndpoint } from "./servers/endpoints.ts";
import { type Figures, measure } from "./work/load.ts";

/**
 * `pnpm proof:load`: fifty clients for a minute through the Node entry with SQLite in a file, to Postfix's `smtp-sink`,
 * and the same messages by the SDK alone. Prints what was measured; ends with 1 after an error, or when memory grew.
 */
const CLIENTS = Number(process.env.EDGEPOST_LOAD_CLIENTS ?? 50);
const SECONDS = Number(process.env.EDGEPOST_LOAD_SECONDS ?? 60);
/** Caches fill and code is compiled in the first part: growth is counted from its end. */
const WARM_UP = 1 / 3;
const MAX_GROWTH = 1.25;

const MESSAGE = { from: "a@example.com", to: "b@example.com", subject: "Hello", text: "Hello. ".repeat(150) };
const SINK = ["/usr/sbin/smtp-sink", "/usr/local/sbin/smtp-sink"].find((path) => existsSync(path));

async function prove(): Promise<void> {
  if (SINK === undefined) throw new Error('smtp-sink was not found: install Postfix, on Debian "apt install postfix".');
  const port = await freePort();
  const sink = spawn(SINK, ["-u", "root", `inet:127.0.0.1:${port}`, "128"], { stdio: "ignore" });
  await untilListening(port);
  const folder = mkdtempSync(join(tmpdir(), "edgepost-load-"));
  const { child, url } = await startNodeEndpoint(port, folder);

  try {
    const sdk = createMailer({ transport: nodeTransport({ host: "127.0.0.1", port, security: "none" }) });
    const bySdk = () => sdk.send(MESSAGE).then(() => true);
    const byHttp = () => post(url, MESSAGE);
    const alone = { sdk: await measure(1, { seconds: 5 }, bySdk), http: await measure(1, { seconds: 5 }, byHttp) };
    const sdkLoad = await measure(CLIENTS, { seconds: Math.min(SECONDS, 15) }, bySdk);
    await sdk.close();

    const memory = watchMemory(child);
    const load = await measure(CLIENTS, { seconds: SECONDS }, byHttp);
    const megabytes = memory.stop();

    print([
      ["SDK, 1 client", alone.sdk],
      ["HTTP, 1 client", alone.http],
      [`SDK, ${CLIENTS} at once`, sdkLoad],
      [`HTTP, ${CLIENTS} clients, ${SECONDS} s`, load],
    ]);
    const before = megabytes[Math.floor(megabytes.length * WARM_UP)] ?? 0;
    const after = megabytes.at(-1) ?? 0;
    console.log(`\nmemory of the endpoint, MiB each ${SECONDS / megabytes.length} s: ${megabytes.join(" ")}`);
    console.log(
      `one send costs ${(alone.http.p50 - alone.sdk.p50).toFixed(2)} ms more by HTTP than by the SDK alone (p50)`,
    );
    if (load.errors > 0 || after > before * MAX_GROWTH) process.exitCode = 1;
  } finally {
    for (const process of [child, sink]) {
      process.kill("SIGTERM");
      await once(process, "close");
    }
    rmSync(folder, { recursive: true });
  }
}

function watchMemory({ pid }: ChildProcess): { stop(): number[] } {
  const megabytes: number[] = [];
  const look = () => {
    const [, kilobytes = "0"] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
    megabytes.push(Math.round(Number(kilobytes) / 1024));
  };
  const timer = setInterval(look, (SECONDS * 1000) / 12);
  return {
    stop() {
      clearInterval(timer);
      look();
      return megabytes;
    },
  };
}

function print(rows: readonly (readonly [string, Figures])[]): void {
  console.log(
    `${"".padEnd(26)}${["sends", "errors", "per s", "p50 ms", "p99 ms"].map((head) => head.padStart(10)).join("")}`,
  );
  for (const [name, { sends, errors, perSecond, p50, p99 }] of rows) {
    const cells = [String(sends), String(errors), perSecond.toFixed(0), p50.toFixed(2), p99.toFixed(2)];
    console.log(`${name.padEnd(26)}${cells.map((cell) => cell.padStart(10)).join("")}`);
  }
}

await prove();
