import { type ChildProcess, spawn } from "node:child_process";
import { startWorker, type TestWorker } from "../../test/support/workerd.ts";

const TOKEN = "load-token-of-the-endpoint-proof-0123456789abcdef";

/** The Node entry in a process of its own, with SQLite in a file of this folder; its connection `main` leads to the port. */
export async function startNodeEndpoint(
  smtpPort: number,
  folder: string,
): Promise<{ child: ChildProcess; url: string }> {
  const entry = new URL("../../packages/server/src/node.ts", import.meta.url).pathname;
  const child = spawn(process.execPath, ["--conditions=@edgepost/source", "--no-warnings", entry], {
    env: { ...variables("127.0.0.1", smtpPort), EDGEPOST_PORT: "0", EDGEPOST_DATA: folder },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const url = await new Promise<string>((resolve) => {
    // Read to the end, or the endpoint would wait for somebody to read its log.
    child.stdout.on("data", (data) => {
      const [, found] = /"event":"listening","url":"([^"]+)"/.exec(String(data)) ?? [];
      if (found !== undefined) resolve(found);
    });
  });
  return { child, url };
}

/** The Workers entry in workerd, with D1 in memory. */
export function startWorkersEndpoint(smtpPort: number): Promise<TestWorker> {
  const bindings = {
    ...variables("localhost", smtpPort),
    EDGEPOST_RESOLVER: "platform",
    EDGEPOST_ENCRYPTION_KEYS: "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
  };
  return startWorker(new URL("../../packages/server/src/worker.ts", import.meta.url), {
    miniflare: { bindings, d1Databases: ["DB"] },
  });
}

/** Sends a message by HTTP over the connection `main`. */
export async function post(url: string, message: object): Promise<boolean> {
  const response = await fetch(`${url}/v1/messages`, {
    method: "POST",
    headers: { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" },
    body: JSON.stringify({ connection: "main", ...message }),
  });
  await response.arrayBuffer();
  return response.ok;
}

function variables(host: string, port: number): Record<string, string> {
  return {
    EDGEPOST_API_KEY: TOKEN,
    EDGEPOST_CONNECTIONS: JSON.stringify({ main: { host, port, security: "none" } }),
  };
}
