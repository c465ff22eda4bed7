import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";

/** An HTTP server on loopback that keeps what it is told. */
export interface WebhookReceiver extends AsyncDisposable {
  readonly url: string;
  readonly received: readonly ReceivedWebhook[];
  /** What it answers from now on, by path. Default: 204. */
  readonly answers: Map<string, { readonly status: number; readonly headers?: Readonly<Record<string, string>> }>;
  /** Resolves with what it was told under a path, once it is at least so much. */
  waitFor(path: string, count: number): Promise<readonly ReceivedWebhook[]>;
}

export interface ReceivedWebhook {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export async function startWebhookReceiver(): Promise<WebhookReceiver> {
  const received: ReceivedWebhook[] = [];
  const answers: WebhookReceiver["answers"] = new Map();
  const waiting = new Set<() => void>();
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request.setEncoding("utf8")) body += chunk;
    const { method = "", url = "", headers } = request;
    received.push({ method, path: url, headers, body });
    const { status, headers: more = {} } = answers.get(url) ?? { status: 204 };
    response.writeHead(status, more).end();
    for (const look of waiting) look();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;

  return {
    url: `http://127.0.0.1:${port}`,
    received,
    answers,
    waitFor: (path, count) =>
      new Promise((resolve) => {
        const look = () => {
          const told = received.filter((one) => one.path === path);
          if (told.length < count) return;
          waiting.delete(look);
          resolve(told);
        };
        waiting.add(look);
        look();
      }),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
