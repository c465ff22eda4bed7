import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { Miniflare, type MiniflareOptions } from "miniflare";
import { type Inbox, openInbox } from "./inbox.ts";
import { showMail } from "./terminal.ts";

/** `pnpm --filter @edgepost/server dev:worker`: the Worker in workerd with D1, R2 and Queues, sending to an inbox, until Ctrl-C. */
async function start(): Promise<void> {
  const inbox = await openInbox((mail) => console.log(`\n${showMail(mail)}`));
  const apiKey = randomBytes(32).toString("hex");
  const worker = new Miniflare(await configure(inbox, apiKey));
  const { origin } = await worker.ready;

  console.log(`worker   ${origin}
inbox    SMTP on localhost:${inbox.connection.port}
API key  ${apiKey}

Send a message:

  curl ${origin}/v1/messages \\
    -H "Authorization: Bearer ${apiKey}" -H "Content-Type: application/json" \\
    -d '{"connection":"inbox","from":"me@example.com","to":"you@example.com","subject":"Hello","text":"It works."}'

Ctrl-C stops both.`);
}

async function configure({ connection }: Inbox, apiKey: string): Promise<MiniflareOptions> {
  const { compatibility_date: compatibilityDate, vars } = readConfiguration();
  const { port, auth } = connection;
  return {
    modules: true,
    script: await bundle(),
    compatibilityDate,
    port: Number(process.env.PORT ?? 8025),
    d1Databases: ["DB"],
    r2Buckets: ["BODIES"],
    queueProducers: { QUEUE: "edgepost" },
    queueConsumers: ["edgepost"],
    bindings: {
      ...vars,
      EDGEPOST_API_KEY: apiKey,
      EDGEPOST_ENCRYPTION_KEYS: randomBytes(32).toString("base64"),
      // By name, as Workers connect: the certificate is checked for it.
      EDGEPOST_CONNECTIONS: JSON.stringify({ inbox: { host: "localhost", port, auth } }),
    },
    // Deployed Workers reach no private address. Here the inbox is one, and its certificate vouches for itself.
    outboundService: {
      network: { allow: ["public", "private"], tlsOptions: { trustedCertificates: [String(connection.tls?.ca)] } },
    },
    handleRuntimeStdio: (stdout: Readable, stderr: Readable) => {
      stdout.pipe(process.stdout);
      stderr.pipe(process.stderr);
    },
  } as MiniflareOptions;
}

/** What is deployed is also what runs here. */
function readConfiguration(): { readonly compatibility_date: string; readonly vars: Readonly<Record<string, string>> } {
  const text = readFileSync(new URL("../wrangler.jsonc", import.meta.url), "utf8");
  return JSON.parse(text.replaceAll(/^\s*\/\/.*$/gm, ""));
}

/** One module, by the conditions wrangler bundles with, and from the sources. */
async function bundle(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL("../src/worker.ts", import.meta.url))],
    bundle: true,
    write: false,
    format: "esm",
    target: "es2022",
    conditions: ["@edgepost/source", "workerd", "worker", "browser"],
    external: ["cloudflare:*", "node:*"],
  });
  return outputFiles[0]?.text ?? "";
}

await start();
