import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import type { Outcome } from "../transport-edge/workers/outcome.ts";
import type { RuntimeUnderTest } from "./conformance.ts";
import type { NumberedRequest } from "./programs/lines.ts";

interface Answer {
  readonly number: number;
  readonly outcomes?: Outcome[];
  readonly failure?: string;
}

/** Starts a runtime that runs JavaScript from a file, with the stories and every transport of Node's sockets in it. */
export async function startChildRuntime(command: string, args: readonly string[] = []): Promise<RuntimeUnderTest> {
  const folder = await mkdtemp(join(tmpdir(), "edgepost-"));
  const program = join(folder, "program.mjs");
  await writeFile(program, await bundleProgram());
  const child = spawn(command, [...args, program], { stdio: ["pipe", "pipe", "pipe"] });
  const waiting = new Map<number, (answer: Answer) => void>();
  let complaints = "";
  child.stderr.on("data", (chunk) => (complaints += chunk));
  createInterface({ input: child.stdout }).on("line", (line) => {
    const answer: Answer = JSON.parse(line);
    waiting.get(answer.number)?.(answer);
    waiting.delete(answer.number);
  });
  const ended = endOf(child).then((code) => {
    const failure = `The runtime ended with ${code}: ${complaints}`;
    for (const [number, answer] of waiting) answer({ number, failure });
    return failure;
  });

  let count = 0;
  return {
    async perform(request) {
      const number = count++;
      child.stdin.write(`${JSON.stringify({ number, request } satisfies NumberedRequest)}\n`);
      const { outcomes, failure } = await new Promise<Answer>((resolve) => waiting.set(number, resolve));
      if (outcomes === undefined) throw new Error(failure);
      return outcomes;
    },
    async close() {
      child.stdin.end();
      await ended;
      await rm(folder, { recursive: true });
    },
  };
}

function endOf(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => child.once("close", resolve));
}

async function bundleProgram(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL("./programs/lines.ts", import.meta.url))],
    bundle: true,
    write: false,
    format: "esm",
    platform: "node",
    target: "es2022",
    conditions: ["@edgepost/source"],
    // nodemailer is CommonJS, and asks for Node's modules by require.
    banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
  });
  return outputFiles[0]?.text ?? "";
}
