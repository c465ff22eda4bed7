import { randomBytes } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { startServer } from "@edgepost/server/node";
import { type InboxMail, openInbox } from "./inbox.ts";
import { sha256, showMail } from "./terminal.ts";

/** Whatever hangs, the demo ends. */
const DEADLINE_MS = 60_000;

const attachment = { filename: "café menu.pdf", contentType: "application/pdf", content: randomBytes(40_000) };

const message = {
  from: { name: "Edgepost Demo", address: "demo@example.com" },
  to: [{ name: "Zoë", address: "zoe@example.com" }, "grace@example.com"],
  bcc: "archive@example.com",
  subject: "A message, start to end ✓",
  text: "Dear Zoë,\n\n.this line began with a dot.\n\nYours, the demo\n",
  html: "<p>Dear <b>Zoë</b>,</p><p>it went over HTTP and SMTP.</p>",
};

/** `pnpm demo`: one message by HTTP into a server, by SMTP out of it, and a look at what arrived. */
async function demo(): Promise<void> {
  const inbox = await openInbox();
  step("inbox up", `SMTP on ${inbox.connection.host}:${inbox.connection.port}, STARTTLS and a login required`);

  const apiKey = randomBytes(32).toString("hex");
  const server = await startServer({
    EDGEPOST_API_KEY: apiKey,
    EDGEPOST_DATA: ":memory:",
    EDGEPOST_PORT: "0",
    EDGEPOST_CONNECTIONS: JSON.stringify({ inbox: inbox.connection }),
  });
  step("server up", server.url);

  const arriving = inbox.next();
  const body = {
    connection: "inbox",
    ...message,
    attachments: [{ ...attachment, content: attachment.content.toString("base64"), encoding: "base64" }],
  };
  step("request", `POST ${server.url}/v1/messages, ${JSON.stringify(body).length} octets of JSON`);
  const response = await fetch(`${server.url}/v1/messages`, {
    method: "POST",
    headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const receipt = await response.text();
  step("receipt", `${response.status} ${receipt}`);
  if (!response.ok) throw new Error("The server did not send the message.");

  const mail = await arriving;
  step("arrived", showMail(mail));
  compare(mail);

  await server.close();
  await inbox.close();
  console.log("\nEverything that arrived is what was sent.");
}

function compare({ envelope, session, parsed, raw }: InboxMail): void {
  const [arrived] = parsed.attachments;
  same("envelope", envelope.to, ["zoe@example.com", "grace@example.com", "archive@example.com"]);
  same("TLS", session.tls.startsWith("TLSv1."), true);
  same("from", parsed.from?.value, [{ name: message.from.name, address: message.from.address }]);
  same("subject", parsed.subject, message.subject);
  same("text", parsed.text?.replaceAll("\r\n", "\n"), message.text);
  same("HTML", parsed.html === false ? undefined : parsed.html.trimEnd(), message.html);
  same("Bcc in the message", raw.includes("archive@example.com"), false);
  same("attachments", parsed.attachments.length, 1);
  same("attachment name", arrived?.filename, attachment.filename);
  same("attachment size", arrived?.size, attachment.content.length);
  same("attachment SHA-256", arrived && sha256(arrived.content), sha256(attachment.content));
}

function same(what: string, arrived: unknown, sent: unknown): void {
  if (isDeepStrictEqual(arrived, sent)) {
    step("same", what);
  } else {
    throw new Error(`${what} differs: sent ${JSON.stringify(sent)}, arrived ${JSON.stringify(arrived)}`);
  }
}

function step(name: string, detail: string): void {
  console.log(`${name.padEnd(10)} ${detail}`);
}

const deadline = setTimeout(() => {
  console.error(`The demo did not end within ${DEADLINE_MS / 1000} s.`);
  process.exit(1);
}, DEADLINE_MS);

try {
  await demo();
  clearTimeout(deadline);
} catch (error) {
  console.error(`\nThe demo failed: ${error instanceof Error ? error.message : error}`);
  process.exit(1);
}
