import { EnvironmentError } from "../environment.ts";
import { SealedError } from "../secrets.ts";
import { rotateSecrets, startServer } from "./start-server.ts";

/**
 * What `npx @edgepost/server` does: serves until it is told to stop (twice, if it should not wait). With the argument
 * `rotate-secrets` it seals everything stored with the first of the encryption keys instead.
 */
export async function main(command: string | undefined): Promise<void> {
  try {
    if (command === "rotate-secrets") await rotateSecrets(process.env);
    else await serve();
  } catch (error) {
    const isExplained = error instanceof EnvironmentError || error instanceof SealedError;
    console.error(isExplained ? error.message : error);
    process.exitCode = 1;
  }
}

async function serve(): Promise<void> {
  const { url, firstKey, close } = await startServer(process.env, (entry) => console.log(JSON.stringify(entry)));
  console.log(JSON.stringify({ time: new Date().toISOString(), level: "info", event: "listening", url }));
  if (firstKey !== undefined) console.log(`The first API key, which is not shown again: ${firstKey}`);
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.once(signal, () => close().then(() => process.exit(0)));
  }
}
