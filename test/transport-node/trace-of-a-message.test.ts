import { buildMime } from "@edgepost/core";
import { describe, expect, test } from "vitest";
import { nodeTransports } from "../support/node-transports.ts";
import { startSmtpServer } from "../support/smtp-server.ts";
import { testCertificates } from "../support/tls.ts";

const { ca } = await testCertificates();
const PASSWORD = "canary-password";

const mailTo = (to: string) => buildMime({ from: "ada@example.com", to, subject: "Hello", text: "Of no concern." });

describe.each(nodeTransports)("$name tells who asks of one message", ({ create }) => {
  test("its own lines, and of the connection what was opened for it; no credentials, no content", async () => {
    await using server = await startSmtpServer({ users: { ada: PASSWORD } });
    const { host, port } = server;
    const all: string[] = [];
    const connection = { host, port, tls: { ca }, auth: { username: "ada", password: PASSWORD } };
    const transport = create({ ...connection, pool: { maxConnections: 1 } }, { trace: (line) => all.push(line) });
    const told: string[][] = [[], [], []];
    for (const [index, to] of ["first@example.com", "second@example.com"].entries()) {
      await transport.send(await mailTo(to), { trace: (line) => told[index]?.push(line) });
    }
    await transport.send(await mailTo("nobody-asks@example.com"));
    await transport.close?.();

    const [first = [], second = []] = told;
    expect(first.slice(0, 2)).toEqual([expect.stringMatching(/^S: 220/), expect.stringMatching(/^C: EHLO/)]);
    expect(second[0]).toMatch(/^C: MAIL FROM:<ada@example.com>/);
    expect(first.filter((line) => line.startsWith("C: RCPT"))).toEqual(["C: RCPT TO:<first@example.com>"]);
    expect(second.filter((line) => line.startsWith("C: RCPT"))).toEqual(["C: RCPT TO:<second@example.com>"]);
    // Whoever watches the whole transport sees everything, as before.
    expect(all.slice(0, first.length + second.length)).toEqual([...first, ...second]);
    expect(all.length).toBeGreaterThan(first.length + second.length);
    for (const secret of [PASSWORD, btoa(`\0ada\0${PASSWORD}`), "Of no concern."]) {
      expect(all.join("\n")).not.toContain(secret);
    }
  });

  test("how a connection was refused that was opened for it", async () => {
    await using server = await startSmtpServer({ users: { ada: PASSWORD } });
    const { host, port } = server;
    const transport = create({ host, port, tls: { ca }, auth: { username: "ada", password: "canary-wrong" } });
    const told: string[] = [];
    const send = transport.send(await mailTo("first@example.com"), { trace: (line) => told.push(line) });
    await expect(send).rejects.toMatchObject({ code: "auth-failed" });
    await transport.close?.();
    expect(told).toContainEqual(expect.stringMatching(/^S: 535/));
  });

  test("and what the one who listens throws is his own affair", async () => {
    await using server = await startSmtpServer();
    const { host, port } = server;
    const transport = create({ host, port, tls: { ca } });
    const receipt = await transport.send(await mailTo("first@example.com"), {
      trace() {
        throw new Error("I cannot listen.");
      },
    });
    await transport.close?.();
    expect(receipt.accepted).toEqual(["first@example.com"]);
  });
});
