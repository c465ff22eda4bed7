import type { SendTask } from "./sending.ts";

export function nodemailerOptions({ port, secure }: SendTask) {
  return {
    host: "127.0.0.1",
    port,
    secure: false,
    ...(secure === undefined
      ? { ignoreTLS: true }
      : {
          requireTLS: true,
          tls: { ca: secure.ca },
          auth: { user: secure.username, pass: secure.password },
          authMethod: "PLAIN",
        }),
  };
}
