import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readPage, runNamed } from "./docs/page.ts";
import { openWorkbench, type Workbench } from "./docs/workbench.ts";
import { oldestNode, WHY_NO_OLDEST_NODE } from "./support/node-versions.ts";

// What arrives from the examples of the README. That they compile and run at all is docs/pages.test.ts's to prove.

const readme = readPage("README.md");
let workbench: Workbench;

beforeAll(async () => {
  workbench = await openWorkbench(readme);
});

afterAll(() => workbench[Symbol.asyncDispose]());

describe("the README", () => {
  it("sends from Node", async () => {
    const printed = await workbench.run(runNamed(readme, "sdk"));
    expect(printed).toBe("[ 'ada@example.com', 'grace@example.com' ] []");
    expect(workbench.arrived()).toContain("Subject: Your invoice");
  });

  it("sends from Node in plain JavaScript that the oldest one reads", async (context) => {
    if (oldestNode === undefined) return context.skip(WHY_NO_OLDEST_NODE);
    const folder = await mkdtemp(join(tmpdir(), "edgepost-"));
    try {
      await writeFile(join(folder, "oldest.mjs"), runNamed(readme, "sdk").code);
      await promisify(execFile)(oldestNode, ["--check", join(folder, "oldest.mjs")]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("sends from Workers", async () => {
    const answer = JSON.parse(await workbench.run(runNamed(readme, "edge")));
    expect(answer).toMatchObject({ accepted: ["ada@example.com"], rejected: [] });
    expect(workbench.arrived()).toContain("Subject: Hello from the edge");
  });

  it("sends over HTTP", async () => {
    const answer = JSON.parse(await workbench.run(runNamed(readme, "endpoint")));
    expect(answer).toMatchObject({ success: true, message: "Email sent successfully" });
    expect(workbench.arrived()).toContain("Subject: Hello over HTTP");
  });

  it("sends over a transport of one's own", async () => {
    expect(await workbench.run(runNamed(readme, "custom"))).toBe("billing@acme.com -> ada@example.com: Hello");
  });

  it("stays short enough to be read", () => {
    expect(readme.text.split("\n").length).toBeLessThan(200);
  });
});
