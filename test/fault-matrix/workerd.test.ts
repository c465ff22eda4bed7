import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { testCertificates } from "../support/tls.ts";
import { startWorker, type TestWorker } from "../support/workerd.ts";
import { type Cell, cellsOverNetwork } from "./cells.ts";
import type { Environment } from "./environment.ts";
import { ABORT, RESET } from "./faults.ts";
import { runCells, STEPS } from "./run-cells.ts";
import { startTcpServer } from "./tcp-server.ts";

/** How long the client, in another process on a busy machine, may need to read what was said to it. */
const HEARING_MS = 100;

const cells = cellsOverNetwork().filter(existsInWorkerd).map(asWorkersGo);

/** Nobody stalls in connecting over loopback; and the caller, who would give up, is in another process. */
function existsInWorkerd({ moment, fault }: Cell): boolean {
  return fault !== ABORT && (moment !== "connect" || fault === RESET);
}

/**
 * `startTls()` of Workers returns before the handshake and never tells when it is done. So a handshake that stalls is
 * noticed by the reply that does not come to the EHLO behind it.
 */
function asWorkersGo(cell: Cell): Cell {
  const isUnseen = cell.moment === "handshake" && cell.variant.security === "starttls" && cell.fault.column === "stall";
  return isUnseen ? { ...cell, expected: { code: "timeout", phase: "ehlo", retryable: true } } : cell;
}

describe("edgeTransport in workerd keeps to the table", () => {
  let worker: TestWorker;
  let deviations: Awaited<ReturnType<typeof runCells>>;

  beforeAll(async () => {
    const { server: identity } = await testCertificates();
    worker = await startWorker(new URL("./workers/fault-worker.ts", import.meta.url));
    const environment: Environment = {
      largeMessage: 2 ** 24,
      closingMs: 2_000,
      looksAgain: true,
      async start(plan, witness) {
        const meeting = await startTcpServer(plan, witness, { identity, hearingMs: HEARING_MS });
        if (plan.moment === "connect") {
          witness.meet();
          await meeting.stop(); // a port that was open a moment ago resets whoever connects to it
        }
        return { ...meeting, send: (order) => worker.ask("/", order) };
      },
    };
    deviations = await runCells(cells, environment);
  });

  test.each(STEPS)("at %s", (step) => {
    expect(deviations[step]).toEqual([]);
  });

  test("and leaves no rejection of its own unhandled", async () => {
    const unhandled = await worker.ask<string[]>("/unhandled");
    // When a socket in clear is closed with a write under way, workerd rejects a promise of its own, with nothing.
    expect(unhandled.filter((reason) => reason !== "undefined")).toEqual([]);
  });

  afterAll(async () => {
    await worker.close();
    console.log(`fault matrix: ${cells.length} cells in workerd`);
  });
});
