import type { Transport } from "@edgepost/core";
import { buildMime, withFailover, withRetry } from "@edgepost/core";
import { createSmtpTransport } from "@edgepost/core/smtp";
import type { ContractSubject } from "@edgepost/core/testing";
import { memoryTransport, scriptedServer, transportContract } from "@edgepost/core/testing";

/** Runs what the testing door offers without any runner, and says line by line what passed. */
export async function report(): Promise<string> {
  const tests: [name: string, run: () => Promise<void>][] = [];
  for (const [name, wrap] of [
    ["memory", (transport: Transport) => transport],
    ["retry", (transport: Transport) => withRetry(transport, { sleep: async () => {} })],
    ["failover", (transport: Transport) => withFailover([transport])],
  ] as const) {
    transportContract({
      test: (test, run) => tests.push([`${name} ${test}`, run]),
      createTransport({ refuse }): ContractSubject {
        const memory = memoryTransport({
          reject(address) {
            const code = refuse.get(address);
            return code === undefined ? undefined : { code, text: "refused" };
          },
        });
        return {
          transport: wrap(memory),
          received: () =>
            memory.sent.map(({ envelope, bytes, receipt }) => ({ from: envelope.from, to: receipt.accepted, bytes })),
        };
      },
    });
  }
  for (const delivery of ["whole", "line", "byte"] as const) {
    tests.push([`engine plays a transcript by ${delivery}`, () => playTranscript(delivery)]);
  }
  const lines: string[] = [];
  for (const [name, run] of tests) {
    const outcome = await run().then(
      () => "passed",
      (error) => `failed: ${error}`,
    );
    lines.push(`${name}: ${outcome}`);
  }
  return lines.join("\n");
}

const TRANSCRIPT = `
  S: 220 mail.example ready
  C: EHLO client.example
  S: 250-mail.example
  S: 250 STARTTLS
  C: STARTTLS
  S: 220 go
  -- starttls --
  C: EHLO client.example
  S: 250-mail.example
  S: 250-PIPELINING
  S: 250-SIZE 1000000
  S: 250 AUTH PLAIN
  C: AUTH PLAIN AGFkYQBjYW5hcnktd29yZA==
  S: 235 welcome
  C: MAIL FROM:<ada@acme.example> SIZE=<size>
  C: RCPT TO:<grace@example.com>
  C: DATA
  S: 250 OK
  S: 250 OK
  S: 354 go
  C: <data>
  S: 250 OK
  C: QUIT
  S: 221 bye
`;

async function playTranscript(delivery: "whole" | "line" | "byte"): Promise<void> {
  const mail = await buildMime({ from: "ada@acme.example", to: "grace@example.com", text: "Hello\r\n.\r\n..dots" });
  const server = scriptedServer(TRANSCRIPT, { delivery, message: await mail.bytes() });
  const auth = { username: "ada", password: "canary-word", methods: ["PLAIN"] } as const;
  const transport = createSmtpTransport(server.connect, { host: "mail.example", clientName: "client.example", auth });
  await transport.send(mail);
  await transport.close?.();
  await server.done;
}
