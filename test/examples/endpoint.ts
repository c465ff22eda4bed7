import type { Example } from "./example.ts";

export const API_KEY = "example-key-0123456789abcdef0123456789";

/** The endpoint as a package runs it, which is what the READMEs' `npx @edgepost/server` does. Gives where it listens. */
export async function startEndpoint(example: Example, env: Readonly<Record<string, string>> = {}): Promise<string> {
  const [, url = ""] = await example.start("npx @edgepost/server", /"event":"listening","url":"([^"]+)"/, {
    as: "node node_modules/@edgepost/server/dist/node.js",
    env: {
      EDGEPOST_API_KEY: API_KEY,
      EDGEPOST_CONNECTIONS: JSON.stringify({ default: example.smtpUrl }),
      EDGEPOST_DATA: ":memory:",
      EDGEPOST_PORT: "0",
      ...env,
    },
  });
  return url;
}
