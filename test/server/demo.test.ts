import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const run = promisify(execFile);
const DEMO = new URL("../../packages/server/dev/demo.ts", import.meta.url).pathname;

test("the demo sends a message from end to end, shows every step and ends by itself", async () => {
  const { stdout, stderr } = await run(process.execPath, ["--conditions=@edgepost/source", DEMO]);

  for (const step of ["inbox up", "server up", "request", "receipt", "arrived"])
    expect(stdout).toMatch(new RegExp(`^${step} `, "m"));
  expect(stdout).toContain('"message":"Email sent successfully"');
  expect(stdout).toContain("Dear Zoë,");
  expect(stdout).toContain("<p>Dear <b>Zoë</b>,</p>");
  expect(stdout).toMatch(/café menu\.pdf, application\/pdf, 40000 octets\n +sha-256 [0-9a-f]{64}/);
  for (const same of ["text", "HTML", "attachment name", "attachment size", "attachment SHA-256"]) {
    expect(stdout).toMatch(new RegExp(`^same +${same}$`, "m"));
  }
  expect(stdout).toContain("Everything that arrived is what was sent.");
  expect(stderr).toBe("");
});
