import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort, untilListening } from "../../test/support/free-port.ts";
import type { CountingServer, Received } from "./counting.ts";

/** Postfix's `smtp-sink`: the fastest server there is, so that what is measured is the client. Offers PIPELINING and 8BITMIME. */
export async function startSmtpSink(): Promise<CountingServer> {
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), "edgepost-bench-"));
  const counters = join(folder, "counters");
  const output = openSync(counters, "w");
  const asRoot = process.getuid?.() === 0 ? ["-u", "root"] : [];
  const sink = spawn("/usr/sbin/smtp-sink", [...asRoot, "-c", `inet:127.0.0.1:${port}`, "1024"], {
    stdio: ["ignore", output, "inherit"],
  });
  closeSync(output);
  await untilListening(port);

  return {
    port,
    async received() {
      return { messages: readMessages(counters), octets: readOctets(sink.pid) };
    },
    async stop() {
      sink.kill("SIGKILL");
      await once(sink, "exit");
      rmSync(folder, { recursive: true });
    },
  };
}

/** `-c` writes `sess=1 quit=0 mesg=20 max=1` over itself, again and again. */
function readMessages(counters: string): Received["messages"] {
  return Number(/.*mesg=(\d+)/s.exec(readFileSync(counters, "latin1"))?.[1] ?? 0);
}

/** It does not count octets, but Linux counts what a process has read: its sockets, and some little files at its start. */
function readOctets(pid: number | undefined): Received["octets"] {
  return Number(/^rchar: (\d+)/m.exec(readFileSync(`/proc/${pid}/io`, "latin1"))?.[1] ?? 0);
}
