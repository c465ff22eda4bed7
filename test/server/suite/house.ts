import type { SmtpConnection } from "@edgepost/core";
import { afterAll, beforeAll } from "vitest";
import { CLOSED_PORT } from "../../support/free-port.ts";
import { type RawDialogue, type RawServer, startRawServer } from "../../support/raw-server.ts";
import { startSmtpServer, type TestSmtpServer } from "../../support/smtp-server.ts";
import { testCertificates } from "../../support/tls.ts";
import { type Entry, LOGIN, type StartEntry } from "../entries.ts";

/** An entry, and the mail servers it can be asked to send to, by the names of its connections. */
export interface House {
  readonly entry: Entry;
  /** The one that works, behind the connection `main`. */
  readonly smtp: TestSmtpServer;
}

/** Stands before the first test of the enclosing `describe`, and is gone after its last. */
export function useHouse(start: StartEntry): House {
  const stack = new AsyncDisposableStack();
  let smtp: TestSmtpServer;
  let entry: Entry;

  beforeAll(async () => {
    smtp = stack.use(await startSmtpServer({ users: { [LOGIN.username]: LOGIN.password }, ...REFUSALS }));
    entry = stack.use(await start(smtp, { connections: await otherConnections(stack, smtp) }));
  });
  afterAll(() => stack.disposeAsync());

  return {
    get entry() {
      return entry;
    },
    get smtp() {
      return smtp;
    },
  };
}

const REFUSALS = {
  refuseSender: { "stranger@example.com": { code: 550, text: "Not from here" } },
  refuseRecipient: {
    "nobody@example.com": { code: 550, text: "No such user" },
    "later@example.com": { code: 450, text: "Try later" },
  },
};

/** Every way a mail server can be wrong, each as a connection. */
async function otherConnections(
  stack: AsyncDisposableStack,
  { port }: TestSmtpServer,
): Promise<Record<string, SmtpConnection>> {
  const { wrongName } = await testCertificates();
  const serve = async (options: Parameters<typeof startSmtpServer>[0]) => stack.use(await startSmtpServer(options));
  const script = async (dialogue: (dialogue: RawDialogue) => Promise<void> | void) =>
    at(stack.use(await startRawServer(dialogue)));
  return {
    "wrong-password": { host: "localhost", port, auth: { ...LOGIN, password: "canary3-sesame" } },
    "closed-port": at({ port: CLOSED_PORT }),
    "without-tls": { host: "localhost", port: (await serve({ security: "none" })).port },
    "wrong-certificate": { host: "localhost", port: (await serve({ identity: wrongName })).port },
    "without-utf8": at(await serve({ security: "none", server: { hideSMTPUTF8: true } })),
    "small-messages": at(await serve({ security: "none", size: 2000 })),
    spam: at(await serve({ security: "none", refuseMessage: { code: 554, text: "Spam" } })),
    greylisted: at(await serve({ security: "none", refuseMessage: { code: 451, text: "Later" } })),
    silent: { ...(await script((dialogue) => dialogue.ended())), timeouts: { replyMs: 100 } },
    "shut-down": await script((dialogue) => dialogue.say("554 no mail here\r\n")),
    busy: await script((dialogue) => dialogue.say("421 come back later\r\n")),
    "a-web-server": await script((dialogue) => dialogue.say("HTTP/1.1 400 Bad Request\r\n\r\n")),
    "hangs-up": await script((dialogue) => dialogue.end()),
    "hangs-up-after-the-message": await script(loseTheLastReply),
    "other-login": {
      ...(await script(async (dialogue) => {
        dialogue.say("220 mail.test\r\n");
        await dialogue.ehlo("AUTH PLAIN");
      })),
      auth: { ...LOGIN, methods: ["CRAM-MD5"] },
      allowClearText: true,
    },
  };
}

/** In clear text: what is tested comes before or after TLS. */
function at({ port }: Pick<RawServer, "port">): SmtpConnection {
  return { host: "localhost", port, security: "none" };
}

async function loseTheLastReply(dialogue: RawDialogue): Promise<void> {
  dialogue.say("220 mail.test\r\n");
  await dialogue.ehlo();
  for (const answer of ["250 OK", "250 OK", "354 go on"]) {
    await dialogue.line();
    dialogue.say(`${answer}\r\n`);
  }
  await dialogue.body();
  dialogue.end();
}
