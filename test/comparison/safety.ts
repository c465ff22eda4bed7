import { NO_SECRET } from "../support/credentials.ts";
import { startRawServer } from "../support/raw-server.ts";
import { startSmtpServer } from "../support/smtp-server.ts";
import { type Contender, RECIPIENTS, type Sent } from "./contender.ts";
import { NO_ANSWER } from "./contenders.ts";

// What each library does when somebody attacks, or something breaks.

/** An attacker on the way takes STARTTLS out of the server's greeting. */
export async function starttlsTakenAway({ send }: Contender): Promise<string> {
  const users = { ada: NO_SECRET };
  await using server = await startSmtpServer({ security: "none", users, allowInsecureAuth: true });
  const { error } = await send({ port: server.port, login: { username: "ada", password: NO_SECRET } }, {});
  if (server.logins.length > 0) return "sends the password in clear";
  return error === undefined ? "sends in clear" : "error";
}

/** In a subject, a name and a file name. */
export async function lineBreaks({ send }: Contender): Promise<string> {
  await using server = await startSmtpServer();
  const attack = "x\r\nX-Injected: yes";
  const outcomes: Sent[] = [];
  for (const message of [{ subject: attack }, { fromName: attack }, { filename: attack }]) {
    outcomes.push(await send({ port: server.port }, message));
  }
  const injected = server.received.filter(({ text }) => /^X-Injected:/m.test(text));
  if (injected.length > 0) return injected.length === 3 ? "written as they are" : "written as they are in file names";
  return outcomes.every(({ error }) => error !== undefined) ? "error" : "removed";
}

export async function blindCopyInHeaders({ send }: Contender): Promise<string> {
  await using server = await startSmtpServer();
  await send({ port: server.port }, { bcc: "blind@example.com" });
  const [mail] = server.received;
  if (!mail?.envelope.to.includes("blind@example.com")) throw new Error("The blind copy was not sent.");
  return mail.text.includes("blind@example.com") ? "everybody reads them" : "hidden";
}

export async function oneRefused({ send }: Contender): Promise<string> {
  await using server = await startSmtpServer({ refuseRecipient: { "bob@example.com": { code: 550 } } });
  const { refused } = await send({ port: server.port }, { to: [...RECIPIENTS, "bob@example.com"] });
  if (server.received.length === 0) return "nobody gets it";
  return refused?.join() === "bob@example.com" ? "a result for each" : "nobody is told";
}

/** In the middle of a reply. */
export async function hangsUp({ send }: Contender): Promise<string> {
  await using server = await startRawServer(async (dialogue) => {
    dialogue.say("220 mail.test\r\n");
    await dialogue.line();
    dialogue.say("250-mail.test\r\n");
    dialogue.end();
  });
  const { error = "sent" } = await send({ port: server.port, clear: true, hurry: true }, {});
  if (error === NO_ANSWER) return "never ends";
  return /timeout/i.test(error) ? "error, after a timeout" : "error";
}

/** The server has taken the message, and the link breaks before it can say so. */
export async function finalReplyLost({ send }: Contender): Promise<string> {
  let taken = 0;
  await using server = await startRawServer(async (dialogue) => {
    dialogue.say("220 mail.test\r\n");
    await dialogue.ehlo("SIZE 1000000");
    for (let line = await dialogue.line(); line !== "DATA"; line = await dialogue.line()) dialogue.say("250 OK\r\n");
    dialogue.say("354 Go on\r\n");
    await dialogue.body();
    taken += 1;
    dialogue.end();
  });
  const { error } = await send({ port: server.port, clear: true, hurry: true }, {});
  if (taken !== 1) throw new Error(`The server has taken the message ${taken} times.`);
  if (error === NO_ANSWER) return "never ends";
  return error === "delivery-unknown" ? "`delivery-unknown`" : "an error like any";
}
