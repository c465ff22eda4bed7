import { buildMime } from "@edgepost/core";
import { createSmtpTransport } from "@edgepost/core/smtp";
import { scriptedServer } from "@edgepost/core/testing";
import { expect, test } from "vitest";

test("one round trip", async () => {
  const mail = await buildMime({ from: "a@example.com", to: "b@example.com", subject: "x", text: "hi" });
  const message = await mail.bytes();
  const server = scriptedServer(
    `
    S: 220 mail.example ready
    C: EHLO me.example
    S: 250-mail.example
    S: 250-PIPELINING
    S: 250-SIZE 100000
    S: 250 CHUNKING
    C: MAIL FROM:<a@example.com> SIZE=<size>
    C: RCPT TO:<b@example.com>
    C: BDAT <size> LAST
    C: <message>
    S: 250 2.1.0 sender
    S: 250 2.1.5 rcpt
    S: 250 2.0.0 queued as 1
    C: QUIT
    S: 221 bye
    `,
    { message, delivery: "byte" },
  );
  const transport = createSmtpTransport(
    server.connect,
    { host: "mail.example", security: "none", clientName: "me.example" },
    { trace: console.log },
  );
  const receipt = await transport.send(mail);
  expect(receipt.accepted).toEqual(["b@example.com"]);
  await transport.close?.();
  await server.done;
});
