import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, onTestFinished, test } from "vitest";
import { startSmtpServer, type TestSmtpServer } from "../support/smtp-server.ts";
import { temporaryFolder } from "./store/drivers.ts";

const ENTRY = new URL("../../packages/server/src/node.ts", import.meta.url).pathname;
const TOKEN = "test-token-of-the-crash-suite-0123456789abc";
/** More, to be surer: `CRASH_ROUNDS=20 CRASH_MESSAGES=1000`. */
const ROUNDS = Number(process.env.CRASH_ROUNDS ?? 3);
const MESSAGES = Number(process.env.CRASH_MESSAGES ?? 200);
const HEADERS = { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" };

interface Logged {
  readonly state: string;
  readonly subject: string;
}

async function startProcess(smtp: TestSmtpServer, folder: string) {
  const child = spawn(process.execPath, ["--conditions=@edgepost/source", "--no-warnings", ENTRY], {
    env: {
      EDGEPOST_API_KEY: TOKEN,
      EDGEPOST_PORT: "0",
      EDGEPOST_DATA: folder,
      EDGEPOST_CONNECTIONS: JSON.stringify({ main: { host: "127.0.0.1", port: smtp.port, security: "none" } }),
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const url = await new Promise<string>((resolve) => {
    child.stdout.on("data", (data) => {
      const [, listening] = /"event":"listening","url":"([^"]+)"/.exec(String(data)) ?? [];
      if (listening !== undefined) resolve(listening);
    });
  });
  return { child, url };
}

async function post(url: string, id: string): Promise<number> {
  const response = await fetch(`${url}/v1/messages`, {
    method: "POST",
    headers: { ...HEADERS, "idempotency-key": id },
    body: JSON.stringify({
      connection: "main",
      from: "a@example.com",
      to: "b@example.com",
      subject: id,
      text: "Hello",
    }),
  });
  await response.text();
  return response.status;
}

async function readLog(url: string): Promise<Logged[]> {
  const messages: Logged[] = [];
  for (let cursor = ""; ; ) {
    const response = await fetch(`${url}/v1/messages?limit=100${cursor}`, { headers: HEADERS });
    const page = (await response.json()) as { messages: Logged[]; next: string | null };
    messages.push(...page.messages);
    if (page.next === null) return messages;
    cursor = `&cursor=${page.next}`;
  }
}

/** Subjects as the mail server got them. */
function delivered(smtp: TestSmtpServer): string[] {
  return smtp.received.map(({ text }) => /^Subject: (.*)\r$/m.exec(text)?.[1] ?? "");
}

test.each(Array.from({ length: ROUNDS }, (_, round) => round))(
  "kill -9 in the middle of many sends loses, repeats and invents nothing (round %d)",
  async (round) => {
    await using smtp = await startSmtpServer({ security: "none" });
    const folder = temporaryFolder();
    const ids = Array.from({ length: MESSAGES }, (_, index) => `order-${index}`);

    const before = await startProcess(smtp, folder);
    const answered: string[] = [];
    const asking = ids.map(async (id) => {
      if ((await post(before.url, id)) === 200) answered.push(id);
    });
    const sending = Promise.allSettled(asking);
    // Somewhere between the first and the last, at another place in each round.
    await smtp.waitFor(Math.ceil(((round + 1) * MESSAGES) / (ROUNDS + 1)));
    before.child.kill("SIGKILL");
    await once(before.child, "close");
    await sending;

    const after = await startProcess(smtp, folder);
    const states = new Map((await readLog(after.url)).map(({ subject, state }) => [subject, state]));
    for (const id of answered) expect(states.get(id), `${id} was answered`).toBe("sent");
    for (const id of delivered(smtp)) expect(states.get(id), `${id} was delivered`).toBeOneOf(["sent", "unknown"]);
    expect([...states.values()]).not.toContain("sending");

    // Everybody asks again, as a client would who got no answer.
    const again = await Promise.all(ids.map((id) => post(after.url, id)));
    for (const [index, status] of again.entries()) {
      expect(status, ids[index]).toBe(states.get(ids[index] ?? "") === "unknown" ? 504 : 200);
    }
    const arrived = delivered(smtp);
    expect(new Set(arrived).size, "none was sent twice").toBe(arrived.length);
    after.child.kill("SIGTERM");
  },
  120_000,
);
