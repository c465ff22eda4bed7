import { testCertificates } from "../../test/support/tls.ts";
import { atLeast, type Bench, type Table, type Verdict } from "../harness/bench.ts";
import { race } from "../harness/race.ts";
import { rateTable, timesFaster } from "../harness/tables.ts";
import { createCheck } from "../servers/counting.ts";
import { startSubmission } from "../servers/start-submission.ts";
import type { SendTask } from "../work/sending.ts";

const WAYS = [
  { way: "cold", contenders: ["native", "node", "nodemailer", "upyo", "emailjs"], nodemailer: "nodemailer" },
  { way: "warm", contenders: ["native", "node", "nodemailer-pool", "upyo", "emailjs"], nodemailer: "nodemailer pool" },
];

/** emailjs is slow with many, and a handshake takes long. */
const SHARES = { emailjs: 0.1 };
const CONNECTIONS = 4;

/** What Postfix offers. */
const EXTENSIONS = ["PIPELINING", "SIZE 26214400", "8BITMIME", "DSN", "SMTPUTF8", "CHUNKING"];

export default {
  name: "send-tls",
  what: "The same messages by STARTTLS and AUTH PLAIN to a server that offers what Postfix does, over 4 connections: cold, a new connection for each message, and warm.",
  packages: ["nodemailer", "@upyo/smtp", "emailjs"],
  async run(settings) {
    const { ca, server: certificate } = await testCertificates();
    const tables: Table[] = [];
    const verdicts: Verdict[] = [];
    for (const { way, contenders, nodemailer } of WAYS) {
      const isCold = way === "cold";
      const messages = isCold ? settings.size(1_000, 100) : settings.size(10_000, 1_000);
      const server = await startSubmission({ extensions: EXTENSIONS, certificate });
      const secure = { ca, username: "ada@example.com", password: "a secret of the bench" };
      const task = (units: number): SendTask => ({
        port: server.port,
        connections: CONNECTIONS,
        messages: units,
        isCold,
        secure,
      });
      const work = { contenders, units: messages, shares: SHARES, task, check: await createCheck(server) };
      const runners = await race(work, settings).finally(() => server.stop());

      tables.push(rateTable(runners, { title: `${messages} messages, ${way}`, unit: "message", baseline: nodemailer }));
      const peers = runners.map(({ name }) => name).filter((name) => !name.endsWith("Transport"));
      for (const ours of ["nativeTransport", "nodeTransport"]) {
        const lead = Math.min(...peers.map((peer) => timesFaster(runners, ours, peer)));
        verdicts.push(atLeast(1, `${ours} ahead of every peer, ${way}: × the fastest`, lead));
      }
    }
    return { tables, verdicts };
  },
} satisfies Bench;
