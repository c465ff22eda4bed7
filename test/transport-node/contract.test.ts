import { transportContract } from "@edgepost/core/testing";
import { fromNodemailer } from "@edgepost/transport-node/nodemailer";
import { createTransport } from "nodemailer";
import { describe, test } from "vitest";
import { contractSubject } from "../support/contract-server.ts";
import { nodeTransports } from "../support/node-transports.ts";
import { testCertificates } from "../support/tls.ts";

describe.each(nodeTransports)("$name keeps the contract", ({ create }) => {
  describe.each([
    { how: "in clear text", server: { security: "none" }, connection: { security: "none" } },
    { how: "over STARTTLS", server: { security: "starttls" }, connection: { security: "starttls" } },
    { how: "over implicit TLS", server: { security: "implicit" }, connection: { security: "implicit" } },
    {
      how: "without pipelining",
      server: { security: "none", server: { hidePIPELINING: true } },
      connection: { security: "none" },
    },
  ] as const)("$how", ({ server, connection }) => {
    transportContract({
      test,
      async createTransport({ refuse }) {
        const { ca } = await testCertificates();
        const tls = connection.security === "none" ? {} : { ca };
        return contractSubject(refuse, ({ host, port }) => create({ ...connection, host, port, tls }), server);
      },
    });
  });
});

describe.each([
  { kind: "SMTP", pool: false },
  { kind: "pool", pool: true },
])("fromNodemailer keeps the contract over nodemailer's $kind transport", ({ pool }) => {
  transportContract({
    test,
    // What it cannot do with single recipients is told in from-nodemailer.test.ts.
    canRefuse: false,
    async createTransport({ refuse }) {
      const { ca } = await testCertificates();
      return contractSubject(refuse, ({ host, port }) =>
        fromNodemailer(createTransport({ host, port, pool, tls: { ca } })),
      );
    },
  });
});
