import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { describeWithSmtpSink, startSmtpSink } from "../support/smtp-sink.ts";
import { startWorker } from "../support/workerd.ts";

// What a message weighs is not what sending it takes: attachments pass through, in Node and in workerd, over real TCP to
// a sink. `EDGEPOST_STREAM_MIB=1024` sends a gigabyte from Node; the suite sends less, which grows the same if it grows.

const run = promisify(execFile);
const NODE_MIB = Number(process.env.EDGEPOST_STREAM_MIB ?? 128);
const WORKERD_MIB = 100;
const MAX_GROWN_MIB = 64;

describeWithSmtpSink("a large attachment", () => {
  it.each(["nativeTransport", "nodeTransport"])(
    `of ${NODE_MIB} MiB passes through %s`,
    async (name) => {
      await using sink = await startSmtpSink();
      const program = fileURLToPath(new URL("node-program.ts", import.meta.url));
      const flags = ["--conditions=@edgepost/source", program, name, String(sink.port), String(NODE_MIB)];
      const { stdout } = await run(process.execPath, flags);
      const { size, grownKib } = JSON.parse(stdout);
      console.log(`${name}: ${NODE_MIB} MiB in ${Math.round(grownKib / 1024)} MiB of memory more`);
      expect(size).toBeGreaterThan(NODE_MIB * 1024 * 1024);
      expect(grownKib / 1024).toBeLessThan(MAX_GROWN_MIB);
    },
    300_000,
  );

  it.runIf(process.platform === "linux")(
    `of ${WORKERD_MIB} MiB passes through workerd`,
    async () => {
      await using sink = await startSmtpSink();
      await using worker = await startWorker(new URL("stream-worker.ts", import.meta.url));
      await worker.ask("/", { port: sink.port, mebibytes: 1 });
      const before = peakMiB();
      const size = await worker.ask<number>("/", { port: sink.port, mebibytes: WORKERD_MIB });
      const grown = peakMiB() - before;
      console.log(`workerd: ${WORKERD_MIB} MiB in ${Math.round(grown)} MiB of memory more`);
      expect(size).toBeGreaterThan(WORKERD_MIB * 1024 * 1024);
      expect(grown).toBeLessThan(128);
    },
    300_000,
  );
});

/** The most memory that the workerd of this process has held. */
function peakMiB(): number {
  const workerds = readdirSync("/proc").filter((pid) => /^\d+$/.test(pid) && isOurWorkerd(pid));
  const peaks = workerds.map((pid) => Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]));
  expect(peaks.length).toBeGreaterThan(0);
  return Math.max(...peaks) / 1024;
}

function isOurWorkerd(pid: string): boolean {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    return status.includes("Name:\tworkerd") && status.includes(`PPid:\t${process.pid}\n`);
  } catch {
    return false; // gone in the meantime
  }
}
