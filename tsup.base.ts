import { readFileSync } from "node:fs";
import { defineConfig } from "tsup";

type TsupConfig = ReturnType<typeof defineConfig>;

/**
 * One entry per door: what `exports` names is what is built, so the two lists cannot drift apart.
 * Run by each package's `tsup` in its own folder.
 */
export function doors(options: { formats: ("esm" | "cjs")[] }): TsupConfig {
  const { exports } = JSON.parse(readFileSync("package.json", "utf8")) as { exports: Record<string, unknown> };
  const entry = Object.values(exports).flatMap((door) =>
    typeof door === "object" && door !== null && "@edgepost/source" in door ? [String(door["@edgepost/source"])] : [],
  );
  return defineConfig({
    entry,
    format: options.formats,
    dts: true,
    clean: true,
    target: "es2022",
    platform: "neutral",
    splitting: true,
    sourcemap: true,
    external: [/^node:/, /^cloudflare:/],
  });
}
