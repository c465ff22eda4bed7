import type { SmtpConnection, Transport } from "@edgepost/core";
import type { nativeTransport } from "@edgepost/transport-node/native";
import type { TestCertificates } from "../support/tls.ts";
import type { Environment } from "./environment.ts";
import { carryOut } from "./sender.ts";
import { startTcpServer } from "./tcp-server.ts";

type Create = (
  connection: SmtpConnection,
  options: Pick<NonNullable<Parameters<typeof nativeTransport>[1]>, "trace" | "proxy">,
) => Transport;

/** A transport of Node, in this process, and misbehaving servers on loopback. */
export function nodeEnvironment(create: Create, { ca, server: identity }: TestCertificates): Environment {
  return {
    largeMessage: 2 ** 24,
    async start(plan, witness) {
      const meeting = await startTcpServer(plan, witness, { identity });
      const { host, port } = meeting.server;
      // Nobody stalls in connecting over loopback. A proxy can: what it does there is done to the connection.
      const proxy = plan.moment === "connect" ? `http://${host}:${port}` : undefined;
      return {
        ...meeting,
        send: (order, options) =>
          carryOut(order, {
            ...options,
            create: (connection, trace) =>
              create(connection.security === "none" ? connection : { ...connection, tls: { ca } }, { trace, proxy }),
          }),
      };
    },
  };
}
