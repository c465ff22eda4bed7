import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { CANARY, PASSWORD } from "../support/credentials.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const vitest = fileURLToPath(new URL("../vitest.mjs", import.meta.resolve("vitest")));

interface Result {
  readonly title: string;
  readonly failureMessages: readonly string[];
}

test("a test that shows a secret fails, wherever it shows it, and is told where without the secret", async () => {
  const results = await runLeaking();

  expect(JSON.stringify(results)).not.toContain(PASSWORD);
  const seen = results.map(({ title, failureMessages }) => [title, failureMessages.map(whereSeen).join()]);
  expect(Object.fromEntries(seen)).toEqual({
    console: "console.warn: logging in { password: '<a secret>",
    "standard output": expect.stringMatching(/^process\.stdout: AUTH PLAIN \w+<a secret in base64>$/),
    "another process": "stderr of node: <a secret in hexadecimal>",
    "message of an error": "the MailError auth-failed: MailError: <a secret>",
    "cause of an error": expect.stringMatching(/^the MailError auth-failed: .*AUTH PLAIN \w+<a secret in base64>$/s),
    "issue of an error": expect.stringContaining("the MailError invalid-connection: "),
    trace: expect.stringContaining("a trace: <a secret>"),
    "log of the server": expect.stringMatching(/^the server's log: .*"\/v1\/<a secret>$/),
    "socket without TLS, in two pieces": expect.stringMatching(
      /^a socket without TLS: AUTH PLAIN \w+<a secret in base64>$/,
    ),
    "session of the engine without TLS": expect.stringContaining("a session of the engine without TLS: "),
    "password that nobody would notice": expect.stringContaining(
      `a credential of 9 characters has no "${CANARY}" in it`,
    ),
    "token that nobody would notice": expect.stringContaining(`a credential of 9 characters has no "${CANARY}" in it`),
    "permission without need": "allowSecretInClear() was called, and no secret was sent in clear",
    "nothing: a secret in clear that the test allows": "",
  });
});

/** What it prints goes nowhere: this test is held to the same. */
async function runLeaking(): Promise<readonly Result[]> {
  const folder = await mkdtemp(join(tmpdir(), "leaking-"));
  const report = join(folder, "report.json");
  const args = ["run", "--config", "test/no-secrets/leaking.config.ts", `--outputFile=${report}`];
  await once(spawn(process.execPath, [vitest, ...args], { cwd: root, stdio: "ignore" }), "close");
  const { testResults } = JSON.parse(await readFile(report, "utf8"));
  await rm(folder, { recursive: true });
  return testResults[0].assertionResults;
}

/** Without the stack, and without what else was seen. */
function whereSeen(failure: string): string {
  return /shown:\n {2}(.*?)(?:\n {2}|\n {4}at |$)/s.exec(failure)?.[1] ?? failure;
}
