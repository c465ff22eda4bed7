import type { Transport } from "@edgepost/core";
import type { ContractSubject } from "@edgepost/core/testing";
import { startSmtpServer, type TestSmtpServer, type TestSmtpServerOptions } from "./smtp-server.ts";

/** A subject of the transport contract that sends to a real `smtp-server`. */
export async function contractSubject(
  refuse: ReadonlyMap<string, number>,
  create: (server: TestSmtpServer) => Transport | Promise<Transport>,
  options: TestSmtpServerOptions = {},
): Promise<ContractSubject> {
  const refuseRecipient = Object.fromEntries([...refuse].map(([address, code]) => [address, { code }]));
  const server = await startSmtpServer({ refuseRecipient, ...options });
  const transport = await create(server);
  return {
    transport,
    async received(atLeast) {
      const mails = await server.waitFor(atLeast);
      return mails.map(({ envelope, raw }) => ({ ...envelope, bytes: raw }));
    },
    async dispose() {
      await transport.close?.();
      await server.close();
    },
  };
}
