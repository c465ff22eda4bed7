import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { type BuildOptions, build } from "esbuild";
import budgets from "./size-budgets.json" with { type: "json" };

interface Budget {
  /** Kilobytes (1,000 octets) of the gzipped bundle. A test fails above it. */
  readonly budget: number;
  /** Where we want to be. */
  readonly target?: number;
}

/** Every door, and the edge send path. */
export const BUDGETS: Readonly<Record<string, Budget>> = budgets.bundles;

/** A Worker that sends, all of it: message rules, MIME, engine, SASL. */
export const EDGE_SEND_PATH = "edge send path";

const SENDING_WORKER = `
  import { createMailer } from "@edgepost/core";
  import { edgeTransport } from "@edgepost/transport-edge";
  export default { fetch: (request, env) => createMailer({ transport: edgeTransport(env.SMTP) }).send(env.MESSAGE) };`;

/** Doors and peers that need Node's modules; all others are bundled for Workers. */
const NEEDS_NODE = /^@edgepost\/(?:transport-node|server\/(?:node|postgres))|^nodemailer|^emailjs|^@upyo|^mimetext/;

export interface BundleSize {
  readonly minified: number;
  readonly gzipped: number;
}

/**
 * What an importer ships, in bytes: everything that a specifier, or the edge send path, brings along, dependencies
 * included, by esbuild and gzip. Nothing is left out for being loaded late: a Worker uploads it all the same.
 */
export async function bundleSize(name: string): Promise<BundleSize> {
  const input: BuildOptions =
    name === EDGE_SEND_PATH ? { stdin: { contents: SENDING_WORKER, resolveDir: ROOT } } : { entryPoints: [name] };
  const { outputFiles } = await build({
    ...input,
    ...(NEEDS_NODE.test(name) ? NODE : WORKERS),
    absWorkingDir: ROOT,
    bundle: true,
    minify: true,
    write: false,
    format: "esm",
    // `pg` is an optional peer: whoever has no Postgres does not ship it.
    external: ["cloudflare:*", "pg"],
    logLevel: "silent",
  });
  const bytes = outputFiles[0]?.contents ?? new Uint8Array();
  return { minified: bytes.length, gzipped: gzipSync(bytes).length };
}

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const NODE: BuildOptions = { platform: "node" };
const WORKERS: BuildOptions = { platform: "neutral", mainFields: ["module", "main"], conditions: ["workerd"] };
