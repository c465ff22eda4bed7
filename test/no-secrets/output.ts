import type { ChildProcess } from "node:child_process";
import { subscribe } from "node:diagnostics_channel";
import { basename } from "node:path";
import type { Readable } from "node:stream";
import { format } from "node:util";
import { look, lookAtStream } from "./leaks.ts";
import { tapReadable } from "./tap.ts";

/** Looks at everything this process prints, and everything that each process prints which it starts: workerd, Deno, Bun… */
export function watchOutput(): void {
  for (const level of ["log", "info", "debug", "warn", "error"]) {
    subscribe(`console.${level}`, (values) => look(`console.${level}`, format(...(values as unknown[]))));
  }
  for (const name of ["stdout", "stderr"] as const) watchWrites(name);
  // Told before the child has its pipes.
  subscribe("child_process", (message) =>
    queueMicrotask(() => watchChild((message as { process: ChildProcess }).process)),
  );
}

function watchWrites(name: "stdout" | "stderr"): void {
  const stream = process[name];
  const write = stream.write;
  const see = lookAtStream(`process.${name}`);
  stream.write = function (this: unknown, chunk: Uint8Array | string, ...rest: unknown[]) {
    see(chunk);
    return Reflect.apply(write, this, [chunk, ...rest]);
  } as typeof write;
}

function watchChild({ spawnfile, stdout, stderr }: ChildProcess): void {
  // A bundler prints the programs it bundles, secrets of the tests and all.
  if (basename(spawnfile) === "esbuild") return;
  watch("stdout", stdout);
  watch("stderr", stderr);

  function watch(name: string, stream: Readable | null): void {
    if (stream !== null) tapReadable(stream, lookAtStream(`${name} of ${basename(spawnfile)}`));
  }
}
