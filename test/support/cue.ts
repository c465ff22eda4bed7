import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** A URL that answers when a test says so: how a Worker, which cannot be called in the middle, learns that it is time. */
export interface Cue extends AsyncDisposable {
  readonly url: string;
  give(): void;
}

export async function startCue(): Promise<Cue> {
  const { promise: given, resolve: give } = Promise.withResolvers<void>();
  const server = createServer((_request, response) => void given.then(() => response.end()));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    give,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
