import { execFile, spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";

const run = promisify(execFile);
const README = new URL("../../README.md", import.meta.url);
const START = new URL("../../packages/server/dev/start.ts", import.meta.url).pathname;
const BY_SDK = `
  import { createMailer } from "@edgepost/core";
  import { nodeTransport } from "@edgepost/transport-node";
  await using mailer = createMailer({ transport: nodeTransport(process.env.SMTP_URL) });
  await mailer.send({ from: "me@example.com", to: "you@example.com", text: "By the SDK." });
`;

test("start prints commands that work, also those of the README, shows what arrives, and ends with Ctrl-C", async () => {
  const child = spawn(process.execPath, ["--conditions=@edgepost/source", START], { env: { PORT: "0" } });
  onTestFinished(() => void child.kill("SIGKILL"));
  const exitCode = new Promise<number | null>((resolve) => child.once("close", resolve));
  let printed = "";
  child.stdout.on("data", (data) => {
    printed += data;
  });
  const until = (pattern: RegExp): Promise<RegExpExecArray> =>
    new Promise((resolve) => {
      const look = () => {
        const found = pattern.exec(printed);
        if (found !== null) resolve(found);
        else child.stdout.once("data", look);
      };
      look();
    });

  const [, url = ""] = await until(/curl (\S+)/);
  const [, key = ""] = await until(/-H "Authorization: (Bearer \S+)"/);
  const [, body = ""] = await until(/-d '(.*)'/);
  const [, pages = ""] = await until(/^inbox +(\S+)/m);
  const headers = { authorization: key, "content-type": "application/json" };
  expect((await fetch(url, { method: "POST", headers, body })).status).toBe(200);

  await until(/It works\./);
  await until(/mail 1: /);
  expect(await (await fetch(`${pages}/mails/1`)).text()).toContain("It works.");

  const env = Object.fromEntries(
    Array.from(printed.matchAll(/export (\w+)='(.*)'/g), ([, name, value]) => [name, value]),
  );
  const [, example = ""] = /<!-- run: sh endpoint -->\n```sh\n(.*?)\n```/s.exec(await readFile(README, "utf8")) ?? [];
  const { stdout } = await run("sh", ["-c", example], { env: { ...process.env, ...env } });
  expect(JSON.parse(stdout)).toMatchObject({ success: true });
  // In a process of its own: the inbox's password is as random as its own process made it.
  await run(process.execPath, ["--conditions=@edgepost/source", "--input-type=module", "--eval", BY_SDK], {
    cwd: new URL("../..", import.meta.url).pathname,
    env: { PATH: process.env.PATH, ...env },
  });
  await until(/By the SDK\./);

  child.kill("SIGINT");
  expect(await exitCode).toBe(0);
});
