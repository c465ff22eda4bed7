import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { startSmtpServer } from "../support/smtp-server.ts";
import { testCertificates } from "../support/tls.ts";

/** A script of a user: it sends, and what it then does is `afterwards`. */
function script(transport: string, port: number, ca: string, afterwards: string): string {
  const [name, door] = transport === "nodeTransport" ? ["nodeTransport", ""] : ["nativeTransport", "/native"];
  return `
    import { createMailer } from "@edgepost/core";
    import { ${name} } from "@edgepost/transport-node${door}";
    const connection = { host: "localhost", port: ${port}, tls: { ca: ${JSON.stringify(ca)} }, pool: { idleMs: 600_000 } };
    const mailer = createMailer({ transport: ${name}(connection) });
    await mailer.send({ from: "ada@example.com", to: "grace@example.com", text: "Hello" });
    console.log("sent");
    ${afterwards}`;
}

function run(code: string): Promise<{ exitCode: number | null; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ["--conditions=@edgepost/source", "--input-type=module", "--eval", code], {
      cwd: fileURLToPath(new URL("../..", import.meta.url)),
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    child.stdout.on("data", (chunk) => (output += chunk));
    child.stderr.on("data", (chunk) => (output += chunk));
    child.on("close", (exitCode) => resolve({ exitCode, output }));
  });
}

describe.each(["nodeTransport", "nativeTransport"])("a script with %s", (transport) => {
  test.each(["implicit", "starttls"] as const)(
    "ends by itself when it forgets to close, over %s TLS",
    async (security) => {
      await using server = await startSmtpServer({ security });
      const { ca } = await testCertificates();
      const code = script(transport, server.port, ca, "").replace("host:", `security: "${security}", host:`);
      expect(await run(code)).toEqual({ exitCode: 0, output: "sent\n" });
    },
  );

  test("is not left by its process while something is under way", async () => {
    await using server = await startSmtpServer();
    const { ca } = await testCertificates();
    const more = `
      await new Promise((resolve) => setTimeout(resolve, 50));
      await mailer.send({ from: "ada@example.com", to: "grace@example.com", text: "Again" });
      await mailer.close();
      console.log("closed");`;
    expect(await run(script(transport, server.port, ca, more))).toEqual({ exitCode: 0, output: "sent\nclosed\n" });
    expect(server.received).toHaveLength(2);
  });
});
