import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createAdaptorServer } from "@hono/node-server";

/** An HTTP server that listens. */
export interface Listener {
  /** `http://127.0.0.1:8025` */
  readonly url: string;
  /** Takes no more requests, and resolves when those under way are done, or after a while all the same. */
  close(options: { readonly done: Promise<unknown>; readonly withinMs: number }): Promise<void>;
}

/** Listens on an address and port; port 0 lets the system choose. Rejects when they cannot be had. */
export async function listen(
  hostname: string,
  port: number,
  answer: (request: Request, bindings: object) => Response | Promise<Response>,
): Promise<Listener> {
  let closing = false;
  const fetch = async (request: Request, bindings: object): Promise<Response> => {
    const response = await answer(request, bindings);
    // A client that keeps its connection would keep the process.
    if (closing) response.headers.set("connection", "close");
    return response;
  };
  const server = createAdaptorServer({ fetch, hostname }) as Server;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, hostname, () => {
      server.off("error", reject);
      resolve();
    });
  });

  return {
    url: urlOf(server.address() as AddressInfo),
    async close({ done, withinMs }) {
      closing = true;
      const closed = new Promise((resolve) => server.close(resolve));
      await orAfter(withinMs, Promise.all([done, closed]));
      server.closeAllConnections();
    },
  };
}

function urlOf({ address, family, port }: AddressInfo): string {
  return `http://${family === "IPv6" ? `[${address}]` : address}:${port}`;
}

async function orAfter(ms: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([work, deadline]);
  clearTimeout(timer);
}
