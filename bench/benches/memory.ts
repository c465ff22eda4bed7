import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { startBdatSink } from "../../test/streaming/bdat-sink.ts";
import { memoryOfWorkerd } from "../../test/support/memory-of-workerd.ts";
import { startWorker } from "../../test/support/workerd.ts";
import { atMost, type Bench, type Findings } from "../harness/bench.ts";
import type { Settings } from "../harness/settings.ts";
import { median } from "../harness/statistics.ts";
import { startSmtpSink } from "../servers/smtp-sink.ts";

const run = promisify(execFile);

export default {
  name: "memory",
  what: "What a process needs more while it sends one large attachment that is made piece by piece, and for sends that wait.",
  packages: ["nodemailer", "miniflare", "postfix"],
  rounds: 3,
  async run(settings) {
    const parts = [await streamFromNode(settings), await streamFromWorkerd(settings), await wait(settings)];
    return { tables: parts.flatMap(({ tables }) => tables), verdicts: parts.flatMap(({ verdicts }) => verdicts) };
  },
} satisfies Bench;

async function streamFromNode(settings: Settings): Promise<Findings> {
  const megabytes = settings.size(1_000, 50);
  const sink = await startSmtpSink();
  const senders = ["nativeTransport", "nodeTransport", "nodemailer pool"];
  const measured = new Map<string, { extraOctets: number; ms: number }[]>(senders.map((sender) => [sender, []]));
  for (let round = 0; round < settings.rounds; round++) {
    for (const sender of senders) {
      const before = await sink.received();
      const figures = await runProgram("streaming.ts", [sender, String(sink.port), String(megabytes)]);
      const { messages, octets } = await sink.received();
      if (messages - before.messages !== 2 || octets - before.octets < (megabytes * 1_000_000 * 4) / 3) {
        throw new Error(`${sender}: the message did not arrive in its full size.`);
      }
      measured.get(sender)?.push(figures);
    }
  }
  await sink.stop();
  const rows = [...measured].map(([sender, figures]): [string, number, number] => [
    sender,
    median(figures.map(({ extraOctets }) => extraOctets / 1e6)),
    median(figures.map(({ ms }) => (megabytes * 1000) / ms)),
  ]);
  return {
    tables: [
      {
        title: `An attachment of ${megabytes} MB, streamed in Node`,
        columns: [{ name: "" }, { name: "extra MB", digits: 1 }, { name: "MB / s" }],
        rows,
      },
    ],
    verdicts: rows
      .filter(([sender]) => sender.endsWith("Transport"))
      .map(([sender, extra]) => atMost(64, `${sender}, ${megabytes} MB in Node: below 64 MB extra`, extra)),
  };
}

/** workerd counts the memory of its whole process: what an isolate has is less. */
async function streamFromWorkerd(settings: Settings): Promise<Findings> {
  const megabytes = settings.size(100, 10);
  await using sink = await startBdatSink();
  await using worker = await startWorker(new URL("../../test/streaming/programs/worker.ts", import.meta.url));
  const send = (mebibytes: number) => worker.ask<number>("/", { port: sink.port, mebibytes });
  await send(1);
  const before = await memoryOfWorkerd("VmRSS");
  await send(megabytes);
  const extra = ((await memoryOfWorkerd("VmHWM")) - before) / 1e6;
  if (sink.received < (megabytes * 1_048_576 * 4) / 3) throw new Error("The message did not arrive in its full size.");
  return {
    tables: [
      {
        title: `An attachment of ${megabytes} MiB, streamed in workerd`,
        columns: [{ name: "" }, { name: "extra MB", digits: 1 }],
        rows: [["edgeTransport", extra]],
      },
    ],
    verdicts: [atMost(128, `edgeTransport, ${megabytes} MiB in workerd: below 128 MB`, extra)],
  };
}

async function wait(settings: Settings): Promise<Findings> {
  const most = settings.size(100_000, 4_000);
  const counts = [0, most / 4, most / 2, most];
  const octets: number[] = await runProgram("pending.ts", [JSON.stringify(counts)]);
  const each = counts
    .slice(1)
    .map((count, at) => ((octets[at + 1] ?? 0) - (octets[at] ?? 0)) / (count - (counts[at] ?? 0)));
  const [first = 0] = each;
  const last = each.at(-1) ?? 0;
  return {
    tables: [
      {
        title: "Sends that wait for a server that says nothing",
        columns: [{ name: "pending" }, { name: "heap MB", digits: 1 }, { name: "octets for each more" }],
        rows: counts.map((count, at) => [
          count.toLocaleString("en"),
          (octets[at] ?? 0) / 1e6,
          at === 0 ? undefined : each[at - 1],
        ]),
      },
    ],
    verdicts: [atMost(1.1, "The last quarters weigh no more each than the first: ×", last / first)],
  };
}

async function runProgram(name: string, args: readonly string[]) {
  const program = fileURLToPath(new URL(`../work/${name}`, import.meta.url));
  const { stdout } = await run(process.execPath, [
    ...process.execArgv,
    "--expose-gc",
    "--no-warnings",
    program,
    ...args,
  ]);
  return JSON.parse(stdout);
}
