import { type AddressInfo, createServer } from "node:net";
import type { TestIdentity } from "../support/tls.ts";
import type { Meeting } from "./environment.ts";
import { serve } from "./faulty-server.ts";
import type { Plan } from "./plan.ts";
import { TcpLink } from "./tcp-link.ts";
import type { Witness } from "./witness.ts";

export interface TcpServerOptions {
  readonly identity: TestIdentity;
  /** How long a client needs, at most, to read what has reached its socket. Default: 10, in this process. */
  readonly hearingMs?: number;
}

/** A misbehaving server on loopback, on a port the system chose. */
export async function startTcpServer(
  plan: Plan,
  witness: Witness,
  { identity, hearingMs = 10 }: TcpServerOptions,
): Promise<Omit<Meeting, "send">> {
  const links: TcpLink[] = [];
  const conversations: Promise<void>[] = [];
  const server = createServer({ pauseOnConnect: true, noDelay: true }, (socket) => {
    const link = new TcpLink(socket, identity, hearingMs);
    links.push(link);
    conversations.push(serve(link, plan, witness));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    server: { host: "localhost", port },
    ended: async () => void (await Promise.all(conversations)),
    async stop() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const link of links) link.destroy();
      await closed;
    },
  };
}
