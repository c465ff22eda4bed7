import { readFile } from "node:fs/promises";
import { simpleParser } from "mailparser";
import ts from "typescript";
import { expect, onTestFinished, test } from "vitest";
import { startWorker, type TestWorker } from "../support/workerd.ts";
import { type Example, openExample } from "./example.ts";

// The examples for Workers: in workerd, as their wrangler.jsonc says.

test("worker-send brings what a visitor wrote to the one address there is", async () => {
  const example = await openExample("worker-send");
  const worker = await startProject(example);
  const answer = await post(worker, { name: "Ada", email: "ada@example.com", message: "Do you deliver on Sundays?" });
  expect(answer).toEqual([200, "Thank you!\n"]);
  const [mail] = example.inbox.received;
  expect(mail).toMatchObject({ envelope: { from: "office@acme.com", to: ["office@acme.com"] }, secure: true });
  expect(await simpleParser(Buffer.from(mail?.raw ?? []))).toMatchObject({
    subject: "A message from Ada",
    replyTo: { text: '"Ada" <ada@example.com>' },
    text: expect.stringContaining("Do you deliver on Sundays?"),
  });
});

test("worker-send tells a visitor's mistake from the server's", async () => {
  const example = await openExample("worker-send");
  const worker = await startProject(example);
  const injection = { name: "Ada\r\nBcc: all@example.com", email: "ada@example.com", message: "…" };
  expect(await post(worker, injection)).toEqual([422, "invalid-message\n"]);
  await example.inbox.close();
  const fine = { name: "Ada", email: "ada@example.com", message: "…" };
  expect(await post(worker, fine)).toEqual([503, "connect-failed\n"]);
  expect(example.inbox.received).toEqual([]);
});

test("worker-durable-object sends the messages of two requests over one connection", async () => {
  const example = await openExample("worker-durable-object");
  const worker = await startProject(example);
  for (let request = 0; request < 2; request++) {
    expect(await (await worker.fetch("/")).json()).toMatchObject({ accepted: ["ada@example.com"], rejected: [] });
  }
  expect(example.inbox.received).toHaveLength(2);
  expect(example.inbox.connections).toBe(1);
});

interface WranglerConfig {
  readonly main: string;
  readonly compatibility_date: string;
  readonly compatibility_flags?: readonly string[];
  readonly vars?: Readonly<Record<string, string>>;
  readonly durable_objects?: { readonly bindings: readonly { readonly name: string; readonly class_name: string }[] };
}

/** The Worker of a wrangler project; its one secret is where the mail server is. */
async function startProject({ folder, smtpUrl }: Example): Promise<TestWorker> {
  const text = await readFile(`${folder}/wrangler.jsonc`, "utf8");
  const config: WranglerConfig = ts.parseConfigFileTextToJson("wrangler.jsonc", text).config;
  const classes = config.durable_objects?.bindings.map(({ name, class_name }) => [name, class_name]) ?? [];
  const worker = await startWorker(new URL(config.main, `file://${folder}/`), {
    miniflare: {
      compatibilityDate: config.compatibility_date,
      compatibilityFlags: config.compatibility_flags ?? [],
      bindings: { ...config.vars, SMTP_URL: smtpUrl },
      durableObjects: Object.fromEntries(classes),
    },
  });
  onTestFinished(() => worker.close());
  return worker;
}

/** Posts a form, as the README's curl does. */
async function post(worker: TestWorker, fields: Record<string, string>): Promise<[status: number, text: string]> {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  const response = await fetch(worker.url, { method: "POST", body: form });
  return [response.status, await response.text()];
}
