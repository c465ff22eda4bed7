import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { Miniflare, type MiniflareOptions } from "miniflare";
import type { R2 } from "../../packages/server/src/store/large-bodies.ts";
import { look } from "../no-secrets/leaks.ts";
import { testCertificates } from "./tls.ts";

/** A Worker in a real workerd, with sockets that reach this machine. */
export interface TestWorker extends AsyncDisposable {
  /** Posts `body` as JSON to a path of the Worker, and gives its JSON answer. */
  ask<Answer>(path: string, body?: unknown): Promise<Answer>;
  /** Any other request to a path of the Worker. */
  fetch(path: string, init?: { method?: string; headers?: Record<string, string>; body?: string }): Promise<Response>;
  /** Runs statements in one of its D1 databases. */
  runSql(database: string, statements: readonly string[]): Promise<void>;
  /** What is in one of its R2 buckets, by key. */
  readBucket(bucket: string): Promise<ReadonlyMap<string, Uint8Array>>;
  /** Where it listens on this machine. */
  readonly url: string;
  /** What the Worker itself has written to its log so far. */
  readonly log: string;
  /** What the runtime itself has complained about so far. */
  readonly complaints: string;
  close(): Promise<void>;
}

export interface TestWorkerOptions {
  /** With Node's modules and globals in the Worker, as many projects have them. Default: false. */
  readonly nodejsCompat?: boolean;
  /** PEM certificates workerd trusts beside the public ones. Default: the tests' own authority. */
  readonly trusted?: readonly string[];
  /** Bindings, Durable Objects and anything else of Miniflare. */
  readonly miniflare?: Readonly<Record<string, unknown>>;
}

/** Starts the Worker of a TypeScript file, bundled from the sources by the conditions a Workers bundler sets. */
export async function startWorker(entry: URL, options: TestWorkerOptions = {}): Promise<TestWorker> {
  const trusted = options.trusted ?? [(await testCertificates()).ca];
  let log = "";
  let complaints = "";
  const worker = new Miniflare({
    modules: true,
    script: await bundleWorker(entry),
    compatibilityDate: "2026-07-01",
    compatibilityFlags: options.nodejsCompat ? ["nodejs_compat"] : [],
    // Real Workers reach no private address and trust public authorities only: here loopback and the tests' authority.
    outboundService: {
      network: {
        allow: ["public", "private"],
        tlsOptions: { trustBrowserCas: false, trustedCertificates: [...trusted] },
      },
    },
    // workerd writes a stack for each failed handshake, which nobody wants to see here.
    handleRuntimeStdio: (stdout: Readable, stderr: Readable) => {
      stdout.on("data", (chunk) => {
        log += chunk;
      });
      stderr.on("data", (chunk) => {
        complaints += chunk;
      });
    },
    ...options.miniflare,
  } as MiniflareOptions);
  const close = async (): Promise<void> => worker.dispose();
  const { origin } = await worker.ready;

  return {
    async ask<Answer>(path: string, body?: unknown): Promise<Answer> {
      const response = await worker.dispatchFetch(`http://worker${path}`, {
        method: "POST",
        body: JSON.stringify(body ?? null),
      });
      const text = await response.text();
      look("the answer of a Worker", text);
      if (!response.ok) throw new Error(`The Worker answered ${response.status}: ${text}`);
      return JSON.parse(text) as Answer;
    },
    async fetch(path, init = {}) {
      // Miniflare's own Response has the same methods, and other types.
      return (await worker.dispatchFetch(`http://worker${path}`, init)) as unknown as Response;
    },
    async runSql(name, statements) {
      const database = await worker.getD1Database(name);
      for (const statement of statements) await database.prepare(statement).run();
    },
    async readBucket(name) {
      // Its type is one of Cloudflare's own, which are not installed.
      const bucket = (await worker.getR2Bucket(name)) as unknown as R2;
      const { objects } = await bucket.list({ prefix: "" });
      const contents = objects.map(async ({ key }) => {
        const object = await bucket.get(key);
        return [key, new Uint8Array((await object?.arrayBuffer()) ?? [])] as const;
      });
      return new Map(await Promise.all(contents));
    },
    url: origin,
    get log() {
      return log;
    },
    get complaints() {
      return complaints;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function bundleWorker(entry: URL): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(entry)],
    bundle: true,
    write: false,
    format: "esm",
    platform: "neutral",
    target: "es2022",
    conditions: ["@edgepost/source", "workerd", "worker"],
    mainFields: ["module", "main"],
    external: ["cloudflare:*", "node:*"],
  });
  return outputFiles[0]?.text ?? "";
}
