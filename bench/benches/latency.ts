import { testCertificates } from "../../test/support/tls.ts";
import { atMost, type Bench, type Table, type Verdict } from "../harness/bench.ts";
import { race } from "../harness/race.ts";
import type { Settings } from "../harness/settings.ts";
import { startDelayProxy } from "../servers/delay-proxy.ts";
import { startSubmission } from "../servers/start-submission.ts";
import type { SendTask } from "../work/sending.ts";

const ONE_WAY_MS = 25;

const SERVERS = [
  { offers: "PIPELINING and CHUNKING", extensions: ["PIPELINING", "CHUNKING", "8BITMIME", "SIZE 26214400"] },
  { offers: "PIPELINING", extensions: ["PIPELINING", "8BITMIME", "SIZE 26214400"] },
  { offers: "neither", extensions: ["8BITMIME", "SIZE 26214400"] },
];

const WAYS = [
  { isCold: true, contenders: ["native", "node", "nodemailer", "upyo", "emailjs"] },
  { isCold: false, contenders: ["native", "node", "nodemailer-pool", "upyo", "emailjs"] },
];

const RECIPIENTS = [1, 10, 100];

/** Round trips, by way and recipients and by contender. */
type Costs = ReadonlyMap<string, ReadonlyMap<string, number>>;

export default {
  name: "latency",
  what: `Round trips until a message is known to be accepted, counted by a proxy that delays each direction by ${ONE_WAY_MS} ms: cold with TCP, STARTTLS and AUTH, and over a connection that is open.`,
  packages: ["nodemailer", "@upyo/smtp", "emailjs"],
  rounds: 1, // counts do not vary
  async run(settings) {
    // Everybody waits most of the time, so the servers are asked side by side.
    const measured = await Promise.all(
      SERVERS.map(async ({ offers, extensions }) => ({ offers, costs: await measure(extensions, settings) })),
    );
    return {
      tables: measured.map(({ offers, costs }) => table(offers, costs)),
      verdicts: measured.map(({ offers, costs }) => verdict(offers, costs)),
    };
  },
} satisfies Bench;

async function measure(extensions: readonly string[], settings: Settings): Promise<Costs> {
  const { ca, server: certificate } = await testCertificates();
  const server = await startSubmission({ extensions, certificate });
  const secure = { ca, username: "ada@example.com", password: "a secret of the bench" };
  const costs = new Map<string, ReadonlyMap<string, number>>();
  for (const { isCold, contenders } of WAYS) {
    for (const recipients of RECIPIENTS) {
      const task = (port: number): SendTask => ({ port, connections: 1, messages: 1, recipients, isCold, secure });
      const ofCase = contenders.map((contender) => measureOne(contender, task, server.port, settings));
      costs.set(caseName(isCold, recipients), new Map(await Promise.all(ofCase)));
    }
  }
  await server.stop();
  return costs;
}

/** By a proxy of its own: some say goodbye long after, while another is counted. */
async function measureOne(
  contender: string,
  task: (port: number) => SendTask,
  port: number,
  settings: Settings,
): Promise<[name: string, roundTrips: number]> {
  const proxy = await startDelayProxy(port, ONE_WAY_MS);
  let before = 0;
  let roundTrips = 0;
  const check = async () => {
    roundTrips = proxy.roundTrips - before;
    await proxy.untilQuiet();
    before = proxy.roundTrips;
  };
  const work = { contenders: [contender], units: 1, task: () => task(proxy.port), check };
  const [runner] = await race(work, settings).finally(() => proxy.stop());
  return [runner?.name ?? contender, roundTrips];
}

function caseName(isCold: boolean, recipients: number): string {
  return `${isCold ? "cold" : "warm"}, ${recipients}`;
}

function table(offers: string, costs: Costs): Table {
  const contenders = new Set([...costs.values()].flatMap((ofCase) => [...ofCase.keys()]));
  const cases = [...costs.keys()];
  return {
    title: `The server offers ${offers}: round trips, by recipients`,
    columns: [{ name: "" }, ...cases.map((name) => ({ name }))],
    rows: [...contenders].map((contender) => [contender, ...cases.map((name) => costs.get(name)?.get(contender))]),
  };
}

/** How many more than the best of the peers, where it is most: not one is allowed. */
function verdict(offers: string, costs: Costs): Verdict {
  const surplus = [...costs.values()].map((ofCase) => {
    const peers = [...ofCase].filter(([name]) => !name.endsWith("Transport")).map(([, roundTrips]) => roundTrips);
    return (ofCase.get("nativeTransport") ?? Number.NaN) - Math.min(...peers);
  });
  return atMost(0, `nativeTransport has the fewest round trips, with ${offers}: at most more`, Math.max(...surplus));
}
