/** What clients met who sent one message after the other. */
export interface Figures {
  readonly sends: number;
  readonly errors: number;
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
}

/** When to stop: after so many seconds, or so many sends. */
export type Extent = { readonly seconds: number } | { readonly sends: number };

/** So many clients, each sending one message after the other. */
export async function measure(clients: number, extent: Extent, send: () => Promise<boolean>): Promise<Figures> {
  const times: number[] = [];
  let errors = 0;
  let begun = 0;
  const start = performance.now();
  const isOver = () => ("sends" in extent ? begun >= extent.sends : performance.now() >= start + extent.seconds * 1000);
  await Promise.all(
    Array.from({ length: clients }, async () => {
      while (!isOver()) {
        begun++;
        const began = performance.now();
        if (!(await send().catch(() => false))) errors++;
        times.push(performance.now() - began);
      }
    }),
  );
  const elapsed = performance.now() - start;
  times.sort((one, other) => one - other);
  const quantile = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0;
  return {
    sends: times.length,
    errors,
    perSecond: (times.length * 1000) / elapsed,
    p50: quantile(0.5),
    p99: quantile(0.99),
  };
}
