import { readFileSync } from "node:fs";
import { defineConfig } from "tsup";

type TsupConfig = ReturnType<typeof defineConfig>;

/** A door of `exports`: a file, or conditions that lead to one. */
type Door = string | { readonly [condition: string]: Door };

interface Manifest {
  readonly name: string;
  readonly exports: Readonly<Record<string, Door>>;
}

/**
 * One entry per source file that `exports` names: what is promised is what is built, so the two lists cannot drift apart.
 * Run by each package's `tsup` in its own folder.
 */
export function doors(options: { formats: ("esm" | "cjs")[] }): TsupConfig {
  const { name, exports } = JSON.parse(readFileSync("package.json", "utf8")) as Manifest;
  return defineConfig({
    entry: [...new Set(Object.values(exports).flatMap(sources))],
    format: options.formats,
    dts: true,
    clean: true,
    target: "es2022",
    // No runtime is assumed: whatever a file imports by `node:` or `cloudflare:` stays as it was written, and a door of
    // its own package is left to the conditions of who imports it.
    platform: "neutral",
    removeNodeProtocol: false,
    external: [/^node:/, /^cloudflare:/, name],
    splitting: true,
    sourcemap: true,
    silent: true,
  });
}

function sources(door: Door): string[] {
  if (typeof door === "string") return [];
  return Object.entries(door).flatMap(([condition, next]) =>
    condition === "@edgepost/source" && typeof next === "string" ? [next] : sources(next),
  );
}
