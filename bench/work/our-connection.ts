import type { SmtpConnection } from "@edgepost/core";
import type { SendTask } from "./sending.ts";

/** How our own transports are set up for a task. */
export function connectionFor({ port, connections, isCold, secure }: SendTask): SmtpConnection {
  return {
    host: "127.0.0.1",
    port,
    security: secure === undefined ? "none" : "starttls",
    pool: { maxConnections: connections, maxMessages: isCold ? 1 : 1_000_000 },
    ...(secure !== undefined && {
      tls: { ca: secure.ca },
      auth: { username: secure.username, password: secure.password, methods: ["PLAIN"] },
    }),
  };
}
