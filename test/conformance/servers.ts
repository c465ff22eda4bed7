import type { SmtpConnection } from "@edgepost/core";
import { type MemoryTransport, memoryTransport } from "@edgepost/core/testing";
import { startExim, whyNoExim } from "../support/exim.ts";
import { startPostfix, whyNoPostfix } from "../support/postfix.ts";
import { RELAY_LOGIN, type RelayOptions, type TestRelay } from "../support/relay.ts";
import { type ReceivedMail, startSmtpServer, type TestSmtpServerOptions } from "../support/smtp-server.ts";
import { type SinkMessage, startSmtpSink, whyNoSmtpSink } from "../support/smtp-sink.ts";
import { testCertificates } from "../support/tls.ts";
import type { Story, Trait, Way } from "./story.ts";

/** A kind of server the stories are told to. */
export interface StoryServer {
  readonly name: string;
  readonly traits: ReadonlySet<Trait>;
  /** Why it cannot run on this machine, if it cannot. */
  readonly missing: string | undefined;
  start(): Promise<RunningServer>;
}

export interface RunningServer {
  /** Opens the way in that this run of a story wants. */
  open(story: Story, id: string): Promise<Endpoint>;
  close(): Promise<void>;
}

export interface Endpoint {
  /** Port, security and login. */
  readonly connection: Partial<SmtpConnection>;
  /** What has arrived of this run of the story until now. */
  arrived(): Promise<readonly ArrivedMail[]>;
  /** Connections since the start, where the server counts. */
  countConnections?(): number;
  close(): Promise<void>;
}

export interface ArrivedMail {
  readonly to: readonly string[];
  readonly raw: Uint8Array;
  /** Of MAIL, where the server tells. */
  readonly parameters?: Readonly<Record<string, string | true>>;
}

const login = RELAY_LOGIN;
const refusals = {
  "nobody@refused.example": { code: 550, text: "5.1.1 Nobody" },
  "noone@refused.example": { code: 550, text: "5.1.1 No one" },
  "busy@refused.example": { code: 450, text: "4.2.1 Busy" },
};

/** The `smtp-server` package: a fresh one for each run of a story. */
const smtpServer: StoryServer = {
  name: "smtp-server",
  traits: new Set(["login", "tls", "refuses", "SIZE", "DSN", "SMTPUTF8"]),
  missing: undefined,
  async start() {
    const { wrongName } = await testCertificates();
    const users = { users: { [login.username]: login.password } };
    const options: Record<Way, TestSmtpServerOptions> = {
      usual: users,
      clear: { security: "none" },
      implicit: { ...users, security: "implicit" },
      wrongNameStarttls: { ...users, identity: wrongName },
      wrongNameImplicit: { ...users, security: "implicit", identity: wrongName },
      small: { ...users, size: 100_000 },
    };
    return {
      async open({ way = "usual" }) {
        const server = await startSmtpServer({ ...options[way], refuseRecipient: refusals });
        return {
          connection: { port: server.port, ...settingsOf(way) },
          arrived: async () => server.received.map(describeReceived),
          countConnections: () => server.connections,
          close: server.close,
        };
      },
      async close() {},
    };
  },
};

/** Postfix's `smtp-sink`, with the story's flags: a fresh one for each run. */
const smtpSink: StoryServer = {
  name: "smtp-sink",
  traits: new Set(["DSN"]),
  missing: whyNoSmtpSink,
  start: async () => ({
    async open({ sinkFlags = [] }) {
      const sink = await startSmtpSink({ keep: true, flags: sinkFlags });
      return {
        connection: { port: sink.port, security: "none" },
        arrived: async () => (await sink.messages()).map(describeSunk),
        close: sink.close,
      };
    },
    async close() {},
  }),
};

// OpenSMTPD is not among them: it has its spool, its socket and the folder it locks itself into at fixed places of /var,
// so that it cannot run beside one the machine has, nor without leaving traces.
const postfix = relay("Postfix", whyNoPostfix, startPostfix);
const exim = relay("Exim", whyNoExim, startExim);

/** A whole mail server, the same for all stories: what it hands on is told apart by Message-ID. */
function relay(
  name: string,
  missing: string | undefined,
  startRelay: (options: RelayOptions) => Promise<TestRelay>,
): StoryServer {
  const refuse = Object.entries(refusals).map(([address, { code, text }]) => [address, `${code} ${text}`]);
  return {
    name,
    traits: new Set(["login", "tls", "refuses", "SIZE", "DSN", "SMTPUTF8"]),
    missing,
    async start() {
      const { ports, inbox, close } = await startRelay({ refuse: Object.fromEntries(refuse) });
      return {
        open: async ({ way = "usual" }, id) => ({
          connection: { port: ports[way === "usual" ? "starttls" : way], ...settingsOf(way) },
          async arrived() {
            return inbox.received.filter(({ text }) => text.includes(`Message-ID: <${id}.`)).map(describeReceived);
          },
          async close() {},
        }),
        close,
      };
    },
  };
}

/** Where {@link memoryTransport} delivers to, by what stands for a port. */
export const memories = new Map<number, MemoryTransport>();

/** No server: memoryTransport itself. */
const memory: StoryServer = {
  name: "memory",
  traits: new Set(["refuses", "DSN", "SMTPUTF8"]),
  missing: undefined,
  start: async () => ({
    async open() {
      const port = memories.size + 1;
      const reject = (address: string) => new Map(Object.entries(refusals)).get(address);
      const transport = memoryTransport({ reject });
      memories.set(port, transport);
      return {
        connection: { port },
        arrived: async () => transport.sent.map(({ receipt, bytes }) => ({ to: receipt.accepted, raw: bytes })),
        close: async () => {},
      };
    },
    close: async () => memories.clear(),
  }),
};

export const servers: readonly StoryServer[] = [smtpServer, smtpSink, postfix, exim, memory];

function settingsOf(way: Way): Partial<SmtpConnection> {
  if (way === "clear") return { security: "none" };
  return { security: way === "implicit" || way === "wrongNameImplicit" ? "implicit" : "starttls", auth: login };
}

function describeReceived({ envelope, raw, mailParameters }: ReceivedMail): ArrivedMail {
  return { to: envelope.to, raw, parameters: mailParameters };
}

/** smtp-sink writes lines down with LF. */
function describeSunk({ mail, recipients, text }: SinkMessage): ArrivedMail {
  const parameters = mail.split(" ").slice(1);
  return {
    to: recipients.map((recipient) => recipient.replace(/^<(.*)>.*$/, "$1")),
    raw: Buffer.from(text.replaceAll("\n", "\r\n"), "latin1"),
    parameters: Object.fromEntries(parameters.map((parameter) => parameter.split("=", 2))),
  };
}
