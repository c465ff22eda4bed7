import { nodeTransport } from "@edgepost/transport-node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { testCertificates } from "../support/tls.ts";
import { type Cell, cellsOverNetwork } from "./cells.ts";
import { EXTRA } from "./faults.ts";
import { nodeEnvironment } from "./node-environment.ts";
import { runCells, STEPS } from "./run-cells.ts";
import { MATRIX } from "./table.ts";

/** nodemailer has no CHUNKING: to it a server that offers it is like any other. */
const cells = cellsOverNetwork()
  .filter(({ variant }) => !variant.chunking)
  .map(asNodemailerGoes);

/**
 * nodemailer says RSET by itself, right after the message that was refused. So a reply too many is seen before the next
 * message begins, and the exception for those who pipeline RSET does not apply: the table's own word does.
 */
function asNodemailerGoes(cell: Cell): Cell {
  const { extra } = MATRIX.reuse;
  return cell.moment === "RSET" && cell.fault === EXTRA && extra !== undefined ? { ...cell, expected: extra } : cell;
}

describe("nodeTransport keeps to the table", () => {
  let deviations: Awaited<ReturnType<typeof runCells>>;

  beforeAll(async () => {
    deviations = await runCells(cells, nodeEnvironment(nodeTransport, await testCertificates()));
  });

  test.each(STEPS)("at %s", (step) => {
    expect(deviations[step]).toEqual([]);
  });

  afterAll(() => console.log(`fault matrix: ${cells.length} cells over TCP and TLS with nodeTransport`));
});
