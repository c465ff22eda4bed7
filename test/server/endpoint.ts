import type { OutgoingMail, Receipt, Transport } from "@edgepost/core";
import { createServer, type LogEntry, type MailServer, type ServerOptions } from "@edgepost/server";

export const TOKEN = "test-token-of-the-endpoint-suite-0123456789";

/** An endpoint whose mail goes nowhere: what would have been sent is kept, and so is every log line. */
export interface TestEndpoint {
  readonly app: MailServer;
  readonly sent: OutgoingMail[];
  readonly log: LogEntry[];
  /** POSTs to `/v1/messages` as a well-behaved client would; strings and bytes go as they are. */
  post(body: unknown, headers?: Readonly<Record<string, string>>): Promise<Response>;
}

export function testEndpoint(options: Partial<ServerOptions> & { send?: Transport["send"] } = {}): TestEndpoint {
  const sent: OutgoingMail[] = [];
  const log: LogEntry[] = [];
  const { send = async (mail) => acceptAll(mail), ...serverOptions } = options;
  const app = createServer({
    keys: [{ name: "test", token: TOKEN }],
    hosts: { resolve: "platform" },
    connections: { main: "smtp://user:hunter2@mail.example.com" },
    transport: () => ({
      name: "test",
      send(mail, sendOptions) {
        sent.push(mail);
        return send(mail, sendOptions);
      },
    }),
    log: (entry) => log.push(entry),
    ...serverOptions,
  });

  return {
    app,
    sent,
    log,
    post: async (body, headers = {}) =>
      app.request("/v1/messages", {
        method: "POST",
        headers: { authorization: `Bearer ${TOKEN}`, "content-type": "application/json", ...headers },
        body: typeof body === "string" || body instanceof Uint8Array ? (body as BodyInit) : JSON.stringify(body),
      }),
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
