import type { Socket } from "node:net";
import type { Transport } from "@edgepost/core";
import type { Route } from "./route.ts";

/**
 * The sockets of one transport. They keep the process alive while something is under way, and not when they only wait
 * for the next message: a script that forgets to close its transport still ends.
 */
export class OpenSockets {
  readonly #sockets = new Set<Socket>();
  #underWay = 0;

  /** The same route, its sockets under watch. */
  watch(route: Route): Route {
    return async (to, signal) => {
      const socket = await route(to, signal);
      this.#sockets.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
      return socket;
    };
  }

  /** The same transport, keeping its sockets and the process alive while it works. */
  serve(transport: Transport): Transport {
    const { verify, close } = transport;
    return {
      ...transport,
      send: (mail, options) => this.#during(transport.send(mail, options)),
      ...(verify !== undefined && { verify: (options) => this.#during(verify(options)) }),
      ...(close !== undefined && { close: () => this.#during(close()) }),
    };
  }

  async #during<Result>(work: Promise<Result>): Promise<Result> {
    this.#underWay += 1;
    if (this.#underWay === 1) for (const socket of this.#sockets) socket.ref();
    try {
      return await work;
    } finally {
      this.#underWay -= 1;
      if (this.#underWay === 0) for (const socket of this.#sockets) socket.unref();
    }
  }
}
