import type { OutgoingMail, Receipt, SmtpConnection, Transport } from "@edgepost/core";
import { createServer, type LogEntry, type MailServer, type ServerOptions } from "@edgepost/server";

export const TOKEN = "test-token-of-the-endpoint-suite-0123456789";

/** An endpoint whose mail goes nowhere: what would have been sent is kept, and so is every log line. */
export interface TestEndpoint {
  readonly app: MailServer;
  readonly sent: OutgoingMail[];
  /** Every connection a transport was made for, with its secrets. */
  readonly opened: (SmtpConnection | string)[];
  readonly log: LogEntry[];
  /** POSTs to `/v1/messages` as a well-behaved client would; strings and bytes go as they are. */
  post(body: unknown, headers?: Readonly<Record<string, string>>): Promise<Response>;
  /** Any other request, with a JSON body if there is one, and what was answered. */
  ask(method: string, path: string, body?: unknown, token?: string): Promise<Answer>;
}

export interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: what a test expects of it is what it checks.
  readonly body: any;
  readonly headers: Headers;
}

export interface TestEndpointOptions extends Partial<ServerOptions> {
  readonly send?: Transport["send"];
  readonly verify?: NonNullable<Transport["verify"]>;
}

export function testEndpoint(options: TestEndpointOptions = {}): TestEndpoint {
  const sent: OutgoingMail[] = [];
  const opened: (SmtpConnection | string)[] = [];
  const log: LogEntry[] = [];
  const { send = async (mail) => acceptAll(mail), verify, ...serverOptions } = options;
  const app = createServer({
    keys: [{ name: "test", token: TOKEN }],
    hosts: { resolve: "platform" },
    connections: { main: "smtp://user:canary2@mail.example.com" },
    transport: (connection) => {
      opened.push(connection);
      return {
        name: "test",
        send(mail, sendOptions) {
          sent.push(mail);
          return send(mail, sendOptions);
        },
        ...(verify !== undefined && { verify }),
      };
    },
    log: (entry) => log.push(entry),
    ...serverOptions,
  });

  const request = async (method: string, path: string, body: unknown, headers: Readonly<Record<string, string>>) =>
    app.request(path, {
      method,
      headers,
      ...(body !== undefined && {
        body: typeof body === "string" || body instanceof Uint8Array ? (body as BodyInit) : JSON.stringify(body),
      }),
    });

  return {
    app,
    sent,
    opened,
    log,
    post: (body, headers = {}) =>
      request("POST", "/v1/messages", body, {
        authorization: `Bearer ${TOKEN}`,
        "content-type": "application/json",
        ...headers,
      }),
    async ask(method, path, body, token = TOKEN) {
      const headers = {
        authorization: `Bearer ${token}`,
        ...(body !== undefined && { "content-type": "application/json" }),
      };
      const response = await request(method, path, body, headers);
      const text = await response.text();
      return { status: response.status, body: text === "" ? undefined : JSON.parse(text), headers: response.headers };
    },
  };
}

export const MESSAGE = { connection: "main", from: "a@example.com", to: "b@example.com", subject: "Hi", text: "Hello" };

export function acceptAll(mail: OutgoingMail): Receipt {
  return {
    messageId: mail.messageId,
    accepted: mail.envelope.to,
    rejected: [],
    reply: { code: 250, enhancedCode: "2.0.0", text: "queued as 1" },
    transport: "test",
    size: 1,
    downgrades: [],
  };
}
