import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { memoryOfWorkerd } from "../support/memory-of-workerd.ts";
import { pinnedNode } from "../support/node-versions.ts";
import { describeWithSmtpSink, startSmtpSink } from "../support/smtp-sink.ts";
import { startWorker } from "../support/workerd.ts";
import { startBdatSink } from "./bdat-sink.ts";
import type { Measured } from "./programs/node.ts";

// Constant memory, whatever the attachments weigh. `pnpm proof:streaming` sends a GiB from Node and 100 MiB from workerd.

const MEBIBYTES = Number(process.env.EDGEPOST_STREAM_MIB ?? 64);
/** An isolate of Cloudflare's has 128 MB in all. */
const WORKERD_MEBIBYTES = Math.min(MEBIBYTES, 100);
const MAX_EXTRA_BYTES = 64_000_000;
const PATIENCE_MS = 600_000;

const run = promisify(execFile);

for (const transport of ["nativeTransport", "nodeTransport"]) {
  describeWithSmtpSink("Node, to smtp-sink", () => {
    it(
      `sends an attachment of ${MEBIBYTES} MiB in constant memory by ${transport}, with DATA`,
      async () => {
        await using sink = await startSmtpSink();
        expectConstant(`${transport}, DATA`, MEBIBYTES, await sendFromNode(transport, sink.port));
      },
      PATIENCE_MS,
    );
  });
}

it(
  `nativeTransport sends an attachment of ${MEBIBYTES} MiB in constant memory by BDAT`,
  async () => {
    await using sink = await startBdatSink();
    const measured = await sendFromNode("nativeTransport", sink.port);
    expectConstant("nativeTransport, BDAT", MEBIBYTES, measured);
    expect(sink.received).toBeGreaterThan(measured.messageBytes);
  },
  PATIENCE_MS,
);

it.runIf(process.platform === "linux")(
  `workerd sends an attachment of ${WORKERD_MEBIBYTES} MiB in constant memory (measured on Linux)`,
  async () => {
    await using sink = await startBdatSink();
    await using worker = await startWorker(new URL("./programs/worker.ts", import.meta.url));
    const send = (mebibytes: number) => worker.ask<number>("/", { port: sink.port, mebibytes });
    await send(1);
    const before = await memoryOfWorkerd("VmRSS");
    const start = performance.now();
    const messageBytes = await send(WORKERD_MEBIBYTES);
    const extraBytes = (await memoryOfWorkerd("VmHWM")) - before;
    const ms = Math.round(performance.now() - start);
    expectConstant("edgeTransport in workerd, BDAT", WORKERD_MEBIBYTES, { messageBytes, extraBytes, ms });
  },
  PATIENCE_MS,
);

async function sendFromNode(transport: string, port: number): Promise<Measured> {
  const program = fileURLToPath(new URL("./programs/node.ts", import.meta.url));
  const args = ["--conditions=@edgepost/source", program, transport, String(port), String(MEBIBYTES)];
  const { stdout } = await run(pinnedNode, args);
  return JSON.parse(stdout);
}

function expectConstant(how: string, mebibytes: number, { messageBytes, extraBytes, ms }: Measured): void {
  console.log(`${how}: ${mebibytes} MiB in ${ms} ms with ${(extraBytes / 1e6).toFixed(1)} MB of extra memory`);
  expect(messageBytes).toBeGreaterThan((mebibytes * 1_048_576 * 4) / 3);
  expect(extraBytes).toBeLessThan(MAX_EXTRA_BYTES);
}
