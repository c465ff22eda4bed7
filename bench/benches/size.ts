import { BUDGETS, bundleSize, EDGE_SEND_PATH } from "../bundle-size.ts";
import { atMost, type Bench, type Table } from "../harness/bench.ts";

/** Their main doors: whoever imports them ships this. */
const PEERS = ["worker-mailer", "@upyo/smtp", "emailjs", "mimetext", "nodemailer"];

export default {
  name: "size",
  what: "What an importer ships, dependencies included: bundled and minified by esbuild, gzipped. The packages must be built.",
  packages: ["esbuild", ...PEERS],
  async run() {
    const doors: Table = {
      title: "edgepost",
      columns: [
        { name: "" },
        { name: "minified KB", digits: 1 },
        { name: "gzipped KB", digits: 1 },
        { name: "budget KB", digits: 1 },
        { name: "target KB" },
      ],
      rows: await Promise.all(
        Object.entries(BUDGETS).map(async ([name, { budget, target }]) => [
          name,
          ...(await sizes(name)),
          budget,
          target,
        ]),
      ),
    };
    const peers: Table = {
      title: "Peers",
      columns: doors.columns.slice(0, 3),
      rows: await Promise.all(PEERS.map(async (name) => [name, ...(await sizes(name))])),
    };
    const { gzipped } = await bundleSize(EDGE_SEND_PATH);
    return {
      tables: [doors, peers],
      verdicts: [atMost(15, "edge send path ≤ 15 KB gzipped", gzipped / 1000)],
    };
  },
} satisfies Bench;

async function sizes(name: string): Promise<readonly [minified: number, gzipped: number]> {
  const { minified, gzipped } = await bundleSize(name);
  return [minified / 1000, gzipped / 1000];
}
