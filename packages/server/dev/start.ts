import { randomBytes } from "node:crypto";
import { startServer } from "@edgepost/server/node";
import { openInbox } from "./inbox.ts";
import { showMail } from "./terminal.ts";
import { serveInboxPages } from "./web.ts";

/** `pnpm start`: an inbox and a server that sends to it, left running until Ctrl-C. */
async function start(): Promise<void> {
  const inbox = await openInbox((mail) => console.log(`\n${showMail(mail)}`));
  const pages = await serveInboxPages(inbox);
  const { host, port, auth } = inbox.connection;
  const apiKey = randomBytes(32).toString("hex");
  const server = await startServer({
    EDGEPOST_API_KEY: apiKey,
    EDGEPOST_DATA: ":memory:",
    EDGEPOST_PORT: process.env.PORT ?? "8025",
    EDGEPOST_CONNECTIONS: JSON.stringify({ default: inbox.connection }),
    EDGEPOST_INBOX_URL: pages.url,
    // What is sent here is for looking at, and forgotten with this process.
    EDGEPOST_KEEP_CONTENT: "true",
    // Another connection to the inbox can be made by hand, too.
    EDGEPOST_ALLOW_HOSTS: host,
    EDGEPOST_ALLOW_PORTS: `465,587,2525,${port}`,
  });
  console.log(`server   ${server.url}
console  ${server.url}/console  (sign in with the API key)
inbox    ${pages.url}  (SMTP on ${host}:${port})
API key  ${apiKey}

Send a message:

  curl ${server.url}/v1/messages \\
    -H "Authorization: Bearer ${apiKey}" -H "Content-Type: application/json" \\
    -d '{"connection":"default","from":"me@example.com","to":"you@example.com","subject":"Hello","text":"It works."}'

Or try the examples of the README in Node, with a certificate that nobody has signed:

  export EDGEPOST_URL='${server.url}'
  export EDGEPOST_API_KEY='${apiKey}'
  export SMTP_URL='smtp://${auth.username}:${auth.password}@${host}:${port}?rejectUnauthorized=false'

Ctrl-C stops both.`);

  process.once("SIGINT", async () => {
    await Promise.all([server.close(), pages.close()]);
    await inbox.close();
  });
}

await start();
