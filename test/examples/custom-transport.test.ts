import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { transportContract } from "@edgepost/core/testing";
import { describe, expect, it, onTestFinished } from "vitest";
import { spoolTransport } from "../../examples/custom-transport/spool-transport.ts";
import { openExample } from "./example.ts";

// The example of `examples/custom-transport`, held to the contract that every transport of ours passes.

describe("a transport of one's own", () => {
  transportContract({
    test: it,
    canRefuse: false, // a folder takes everybody
    async createTransport() {
      const folder = await mkdtemp(join(tmpdir(), "edgepost-spool-"));
      return {
        transport: spoolTransport(folder),
        received: () => readSpool(folder),
        dispose: () => rm(folder, { recursive: true }),
      };
    },
  });

  it("leaves each message in the folder, the blind copy in its envelope alone", async () => {
    const { folder, run } = await openExample("custom-transport");
    onTestFinished(() => rm(join(folder, "spool"), { recursive: true }));
    expect(await run("node send.ts && ls spool")).toMatch(
      /^\d+ octets for ada@example\.com, archive@acme\.com\n\S+\.eml/,
    );
    const [mail] = await readSpool(join(folder, "spool"));
    expect(mail).toMatchObject({ from: "billing@acme.com", to: ["ada@example.com", "archive@acme.com"] });
    expect(Buffer.from(mail?.bytes ?? []).toString()).not.toContain("archive");
  });
});

async function readSpool(folder: string): Promise<{ from: string; to: string[]; bytes: Uint8Array }[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".eml"));
  return Promise.all(
    names.map(async (name) => {
      const envelope = JSON.parse(await readFile(join(folder, name.replace(/eml$/, "json")), "utf8"));
      return { ...envelope, bytes: new Uint8Array(await readFile(join(folder, name))) };
    }),
  );
}
