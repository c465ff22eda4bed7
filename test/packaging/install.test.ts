import { execFile } from "node:child_process";
import { copyFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { oldestNode, pinnedNode, WHY_NO_OLDEST_NODE } from "../support/node-versions.ts";
import { startSmtpServer } from "../support/smtp-server.ts";
import { packAll, pnpm } from "./tarballs.ts";

// What a user does first: install a package into an empty project, and send.

const run = promisify(execFile);

interface Project {
  readonly package: string;
  /** Imported by their own names: what the project depends on. */
  readonly dependencies: readonly string[];
  readonly programs: readonly string[];
  readonly subjects: readonly string[];
  readonly oldestNode: boolean;
}

const PROJECTS: readonly Project[] = [
  {
    package: "@edgepost/core",
    dependencies: ["@edgepost/core"],
    programs: ["core.mjs"],
    subjects: ["core.mjs"],
    oldestNode: true,
  },
  {
    package: "@edgepost/transport-node",
    dependencies: ["@edgepost/core", "@edgepost/transport-node"],
    programs: ["transport-node.mjs", "transport-node.cjs"],
    subjects: ["transport-node.mjs", "transport-node.mjs", "transport-node.cjs", "transport-node.cjs"],
    oldestNode: true,
  },
  {
    package: "@edgepost/transport-edge",
    dependencies: ["@edgepost/core", "@edgepost/transport-edge"],
    programs: ["transport-edge.mjs"],
    subjects: ["transport-edge.mjs"],
    oldestNode: true,
  },
  {
    package: "@edgepost/server",
    dependencies: ["@edgepost/core", "@edgepost/server"],
    programs: ["server.mjs"],
    subjects: ["server.mjs"],
    oldestNode: false,
  },
];

describe("installed from its tarball into an empty project", () => {
  let packed: Awaited<ReturnType<typeof packAll>>;
  let projects: string;
  beforeAll(async () => {
    packed = await packAll();
    projects = await mkdtemp(join(tmpdir(), "edgepost-projects-"));
  });
  afterAll(async () => {
    await rm(packed.folder, { recursive: true });
    await rm(projects, { recursive: true });
  });

  it.for(PROJECTS)("$package sends", async (project, context) => {
    const node = project.oldestNode ? oldestNode : pinnedNode;
    if (node === undefined) return context.skip(WHY_NO_OLDEST_NODE);
    await using server = await startSmtpServer({ security: "none" });
    const folder = await install(project.package, project.dependencies, project.programs);
    for (const program of project.programs) {
      await run(node, [program], { cwd: folder, env: { ...process.env, SMTP_PORT: String(server.port) } });
    }
    expect(server.received.map(({ text }) => /^Subject: (.*)\r$/m.exec(text)?.[1])).toEqual(project.subjects);
  });

  it("@edgepost/server runs by npx, and says what is wrong with its settings", async () => {
    const folder = await install("npx", ["@edgepost/server"], []);
    const running = run("npx", ["@edgepost/server"], { cwd: folder, env: { ...process.env, EDGEPOST_PORT: "none" } });
    await expect(running).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining("EDGEPOST_PORT") });
  });

  /** An empty project with nothing of this workspace but its tarballs. */
  async function install(name: string, dependencies: readonly string[], programs: readonly string[]): Promise<string> {
    const folder = join(projects, name.replace("/", "-"));
    await mkdir(folder);
    const fromTarball = (names: readonly string[]) =>
      Object.fromEntries(names.map((each) => [each, `file:${packed.tarballs[each]}`]));
    const manifest = {
      name: "empty-project",
      private: true,
      dependencies: fromTarball(dependencies),
      // The packages ask for each other by version, which no registry has yet.
      pnpm: { overrides: fromTarball(Object.keys(packed.tarballs)) },
    };
    await writeFile(join(folder, "package.json"), JSON.stringify(manifest));
    await pnpm(["install", "--ignore-workspace", "--prefer-offline", "--ignore-scripts", "--prod"], folder);
    for (const program of programs) {
      await copyFile(fileURLToPath(new URL(`programs/${program}`, import.meta.url)), join(folder, program));
    }
    return folder;
  }
});
