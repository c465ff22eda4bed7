import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";

/** A way to a server that takes its time, and counts how often somebody had to wait for it. */
export interface DelayProxy {
  readonly port: number;
  /**
   * Round trips so far: one for each TCP handshake, one for each greeting, and one each time the server answers what the
   * client said after it had heard the last answer. What was said without waiting costs nobody a round trip.
   */
  readonly roundTrips: number;
  /** Resolves once nothing is on its way any more, such as the answer to a QUIT nobody waits for. */
  untilQuiet(): Promise<void>;
  stop(): void;
}

/** @param oneWayMs how long everything takes in each direction. */
export async function startDelayProxy(target: number, oneWayMs: number): Promise<DelayProxy> {
  let roundTrips = 0;
  let lastHeard = performance.now();
  const sockets = new Set<Socket>();

  function relay(from: Socket, to: Socket, ms: number, onData: () => void): void {
    sockets.add(from);
    from.on("data", (data) => {
      onData();
      lastHeard = performance.now();
      setTimeout(() => to.write(data), ms);
    });
    from.on("end", () => setTimeout(() => to.end(), ms));
    from.on("error", () => to.destroy());
    from.on("close", () => sockets.delete(from));
  }

  const server = createServer({ noDelay: true, allowHalfOpen: true }, (client) => {
    roundTrips += 1; // the TCP handshake, which loopback does at once: the greeting waits for it in its place
    const upstream = connect({ port: target, host: "127.0.0.1", noDelay: true, allowHalfOpen: true });
    let hasHeard = false;
    let hasAsked = false;
    relay(client, upstream, oneWayMs, () => {
      hasAsked ||= hasHeard;
      hasHeard = false;
    });
    upstream.once("data", () => upstream.pause());
    upstream.once("data", (greeting) => {
      roundTrips += 1;
      setTimeout(() => {
        client.write(greeting);
        hasHeard = true;
        relay(upstream, client, oneWayMs, () => {
          if (hasAsked) roundTrips += 1;
          hasAsked = false;
          setTimeout(() => {
            hasHeard = true;
          }, oneWayMs);
        });
        upstream.resume();
      }, oneWayMs * 4);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));

  return {
    port: (server.address() as AddressInfo).port,
    get roundTrips() {
      return roundTrips;
    },
    async untilQuiet() {
      while (performance.now() - lastHeard < oneWayMs * 8) await pause(oneWayMs);
    },
    stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
