import { createSmtpTransport, type SmtpSocket } from "@edgepost/core/smtp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cellsOver } from "./cells.ts";
import type { Environment, Meeting } from "./environment.ts";
import { serve } from "./faulty-server.ts";
import { memoryLink } from "./memory-link.ts";
import type { Plan } from "./plan.ts";
import { runCells, STEPS } from "./run-cells.ts";
import { carryOut } from "./sender.ts";
import type { Witness } from "./witness.ts";

/** The engine and the server face to face, over a pair of sockets in memory. */
const memory: Environment = {
  largeMessage: 800_000,
  async start(plan, witness) {
    const connections: Promise<void>[] = [];
    const connect = async (): Promise<SmtpSocket> => {
      if (plan.moment === "connect") return refuse(plan, witness);
      const { client, server } = memoryLink();
      connections.push(serve(server, plan, witness));
      return client;
    };
    return {
      server: { host: "mail.example" },
      send: (order, options) =>
        carryOut(order, {
          ...options,
          create: (connection, trace) => createSmtpTransport(connect, connection, { trace }),
        }),
      ended: async () => void (await Promise.all(connections)),
      async stop() {},
    } satisfies Meeting;
  },
};

/** A connection that does not come about. */
async function refuse({ fault }: Plan, witness: Witness): Promise<never> {
  witness.meet();
  if (fault.column === "stall") return new Promise(() => {});
  throw new Error(fault.column === "reset" ? "ECONNRESET" : "The connection was closed.");
}

const cells = [...cellsOver("starttls"), ...cellsOver("none").filter(({ moment }) => moment === "EHLO")];

describe("the engine in memory keeps to the table", () => {
  let deviations: Awaited<ReturnType<typeof runCells>>;

  beforeAll(async () => {
    deviations = await runCells(cells, memory);
  });

  test.each(STEPS)("at %s", (step) => {
    expect(deviations[step]).toEqual([]);
  });

  afterAll(() => console.log(`fault matrix: ${cells.length} cells in memory`));
});
