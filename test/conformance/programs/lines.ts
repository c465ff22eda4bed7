import { createInterface } from "node:readline";
import { type PerformRequest, perform } from "../perform.ts";
import { transports } from "../transports.ts";

// In Node, Deno and Bun: a request on each line in, its answer on a line out, in whatever order they are done.

export interface NumberedRequest {
  readonly number: number;
  readonly request: PerformRequest;
}

for await (const line of createInterface({ input: process.stdin })) {
  const { number, request }: NumberedRequest = JSON.parse(line);
  const say = (answer: object) => process.stdout.write(`${JSON.stringify({ number, ...answer })}\n`);
  perform(transports, request).then(
    (outcomes) => say({ outcomes }),
    (error) => say({ failure: error instanceof Error ? error.stack : String(error) }),
  );
}
