import { nativeTransport } from "@edgepost/transport-node/native";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { testCertificates } from "../support/tls.ts";
import { cellsOverNetwork } from "./cells.ts";
import { nodeEnvironment } from "./node-environment.ts";
import { runCells, STEPS } from "./run-cells.ts";

const cells = cellsOverNetwork();

describe("nativeTransport keeps to the table", () => {
  let deviations: Awaited<ReturnType<typeof runCells>>;

  beforeAll(async () => {
    deviations = await runCells(cells, nodeEnvironment(nativeTransport, await testCertificates()));
  });

  test.each(STEPS)("at %s", (step) => {
    expect(deviations[step]).toEqual([]);
  });

  afterAll(() => console.log(`fault matrix: ${cells.length} cells over TCP and TLS with nativeTransport`));
});
