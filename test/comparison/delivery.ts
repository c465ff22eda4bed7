import { ACCESS_TOKEN, PASSWORD } from "../support/credentials.ts";
import { type RawDialogue, startRawServer } from "../support/raw-server.ts";
import { startSmtpServer } from "../support/smtp-server.ts";
import { testCertificates } from "../support/tls.ts";
import type { Contender } from "./contender.ts";

// What each library can do when it sends.

/** A key that cannot sign. */
export async function brokenDkimKey({ name, send }: Contender): Promise<string> {
  if (name === "worker-mailer") return "has no DKIM";
  await using server = await startSmtpServer();
  const { error } = await send({ port: server.port, dkimKey: "-----BEGIN PRIVATE KEY-----\nAAAA\n" }, {});
  if (server.received.length === 0) return error === undefined ? "lost" : "error";
  return /^DKIM-Signature:/m.test(server.received[0]?.text ?? "") ? "signed" : "sends unsigned";
}

/** By the mechanism that is the only one a server offers. */
export async function logins(contender: Contender): Promise<string> {
  const known = [];
  for (const method of ["PLAIN", "LOGIN", "CRAM-MD5", "XOAUTH2"]) {
    if (await logsInBy(contender, method)) known.push(method);
  }
  for (const method of ["OAUTHBEARER", "SCRAM-SHA-256"]) {
    if (await beginsLoginBy(contender, method)) known.push(method);
  }
  return known.join(", ");
}

const LOGIN = { username: "ada", password: PASSWORD };

async function logsInBy({ send }: Contender, method: string): Promise<boolean> {
  await using server = await startSmtpServer({
    users: { ada: method === "XOAUTH2" ? ACCESS_TOKEN : PASSWORD },
    authMethods: [method],
  });
  const link =
    method === "XOAUTH2" ? { accessToken: ACCESS_TOKEN } : { login: { ...LOGIN, method: method.toLowerCase() } };
  const { error } = await send({ port: server.port, ...link }, {});
  return error === undefined && server.received[0]?.username === "ada";
}

/** No server of ours speaks these to its end. */
async function beginsLoginBy({ send }: Contender, method: string): Promise<boolean> {
  let asked: string | undefined;
  await using server = await startRawServer(async (dialogue) => {
    dialogue.say("220 mail.test\r\n");
    await dialogue.ehlo("STARTTLS");
    await dialogue.line();
    dialogue.say("220 Go on\r\n");
    await dialogue.secure((await testCertificates()).server);
    await dialogue.ehlo(`AUTH ${method}`);
    asked = await dialogue.line();
    dialogue.say("535 No\r\n");
    await untilGone(dialogue);
  });
  const link = method === "OAUTHBEARER" ? { accessToken: ACCESS_TOKEN } : { login: LOGIN };
  await send({ port: server.port, ...link }, {});
  return asked?.startsWith(`AUTH ${method}`) ?? false;
}

/** Of a server that offers both. */
export async function fewerRoundTrips({ send }: Contender): Promise<string> {
  let pipelined = false;
  await using server = await startRawServer(async (dialogue) => {
    dialogue.say("220 mail.test\r\n");
    await dialogue.ehlo("PIPELINING", "CHUNKING", "SIZE 1000000");
    for (let line = await dialogue.line(); ; line = await dialogue.line()) {
      // What follows MAIL is there before its reply, or the client waits for the reply.
      if (line.startsWith("MAIL")) pipelined = dialogue.sent.includes("RCPT");
      if (line.startsWith("BDAT")) return dialogue.say("250 OK\r\n");
      if (line === "DATA") break;
      dialogue.say("250 OK\r\n");
    }
    dialogue.say("354 Go on\r\n");
    await dialogue.body();
    dialogue.say("250 OK\r\n");
    await untilGone(dialogue);
  });
  await send({ port: server.port, clear: true }, {});
  const used = [pipelined && "PIPELINING", server.dialogues[0]?.sent.includes("BDAT") && "CHUNKING"].filter(Boolean);
  return used.length === 0 ? "no" : used.join(", ");
}

/** Whatever still comes, RSET or QUIT, is fine. */
async function untilGone(dialogue: RawDialogue): Promise<void> {
  for (;;) {
    await dialogue.line();
    dialogue.say("250 OK\r\n");
  }
}
