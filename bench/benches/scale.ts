import { atMost, type Bench, type Table, type Verdict } from "../harness/bench.ts";
import type { Settings } from "../harness/settings.ts";
import { startSmtpSink } from "../servers/smtp-sink.ts";
import { type Growing, growing } from "../work/growing.ts";

/** The steepest there may be: 1 is linear, and memory that no longer fits the caches of the processor costs a little. */
const MAX_SLOPE = 1.1;
/** Of each size again and again for so long, in each round: the clock of processor time goes by some milliseconds. */
const ROUND_MS = 50;

export default {
  name: "scale",
  what: "How the processor time grows with recipients, attachments, and octets of text, addresses and headers, adversarial ones among them: the slope on a log-log scale over the last two powers of ten. 1 is linear.",
  packages: ["postfix"],
  async run(settings) {
    const sink = await startSmtpSink();
    try {
      const rows: Table["rows"][number][] = [];
      const verdicts: Verdict[] = [];
      for (const series of growing(sink.port)) {
        const points = await measure(series, settings);
        const slope = slopeOf(points.slice(-3));
        const { size = 0, ms = 0 } = points.at(-1) ?? {};
        rows.push([series.what, size, series.unit, ms, (ms * 1e6) / size, slope]);
        verdicts.push(atMost(MAX_SLOPE, series.what, slope));
      }
      const steepest = Math.max(...verdicts.map(({ measured }) => measured));
      const columns = [
        { name: "" },
        { name: "most" },
        { name: "unit" },
        { name: "processor ms", digits: 2 },
        { name: "ns / unit", digits: 1 },
        { name: "slope", digits: 2 },
      ];
      return {
        tables: [{ title: "Growth", columns, rows }],
        verdicts: [
          ...verdicts.filter(({ met }) => !met),
          atMost(MAX_SLOPE, `the steepest slope of all is ≤ ${MAX_SLOPE}`, steepest),
        ],
      };
    } finally {
      await sink.stop();
    }
  },
} satisfies Bench;

interface Point {
  readonly size: number;
  readonly ms: number;
}

async function measure({ sizes, prepare }: Growing, settings: Settings): Promise<readonly Point[]> {
  const points: Point[] = [];
  for (const size of settings.quick ? sizes.slice(0, -1) : sizes) {
    const act = prepare(size);
    await act();
    const times: number[] = [];
    for (let round = 0; round < settings.rounds; round++) times.push(await processorTime(act));
    points.push({ size, ms: Math.min(...times) });
  }
  return points;
}

/** Milliseconds of this thread, whatever else the machine does. */
async function processorTime(act: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  const before = process.threadCpuUsage();
  let runs = 0;
  do {
    await act();
    runs++;
  } while (performance.now() - start < ROUND_MS);
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1000 / runs;
}

/** Of the straight line that fits best: least squares, on logarithms of both. */
function slopeOf(points: readonly Point[]): number {
  const xs = points.map(({ size }) => Math.log(size));
  const ys = points.map(({ ms }) => Math.log(ms));
  const meanX = mean(xs);
  const meanY = mean(ys);
  const covariance = mean(xs.map((x, index) => (x - meanX) * ((ys[index] ?? meanY) - meanY)));
  return covariance / mean(xs.map((x) => (x - meanX) ** 2));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
