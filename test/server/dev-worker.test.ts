import { spawn } from "node:child_process";
import { expect, onTestFinished, test } from "vitest";

const DEV = new URL("../../packages/server/dev/worker.ts", import.meta.url).pathname;

test("dev:worker prints a command that works in workerd, shows what arrives, and ends with Ctrl-C", async () => {
  const child = spawn(process.execPath, [DEV], { env: { PATH: process.env.PATH, PORT: "0" } });
  onTestFinished(() => void child.kill("SIGKILL"));
  const exitCode = new Promise<number | null>((resolve) => child.once("close", resolve));
  let printed = "";
  for (const output of [child.stdout, child.stderr]) {
    output.on("data", (data) => {
      printed += data;
    });
  }
  const find = (pattern: RegExp) => expect.poll(() => printed, { timeout: 30_000 }).toMatch(pattern);

  await find(/-d '.*'/);
  const [, url = ""] = /curl (\S+)/.exec(printed) ?? [];
  const [, key = ""] = /-H "Authorization: (Bearer \S+)"/.exec(printed) ?? [];
  const [, body = ""] = /-d '(.*)'/.exec(printed) ?? [];
  const headers = { authorization: key, "content-type": "application/json" };
  const response = await fetch(url, { method: "POST", headers, body });
  expect(await response.json()).toMatchObject({ success: true, accepted: ["you@example.com"] });

  await find(/mail 1: \d+ octets, TLSv1\.3, logged in as inbox/);
  await find(/"event":"request".*"status":200/);
  child.kill("SIGINT");
  expect(await exitCode).toBe(128 + 2); // as a shell says of a program that was stopped by SIGINT
});
