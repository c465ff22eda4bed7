/** Best of so many, so that what else the machine does is not measured. */
const RUNS = 5;
/** Under this a clock shows what else the machine does. */
const FLOOR_MS = 5;

/**
 * How many times longer `act` takes on ten times the input: about 10 when it is linear, about 100 when every character
 * looks at every other. Times are never compared with anything but each other.
 */
export function growthOfTime(act: (size: number) => () => void, size: number): number {
  const small = best(act(size));
  return best(act(size * 10)) / Math.max(small, FLOOR_MS);
}

function best(act: () => void): number {
  let fastest = Number.POSITIVE_INFINITY;
  for (let run = 0; run < RUNS; run++) {
    const start = performance.now();
    act();
    fastest = Math.min(fastest, performance.now() - start);
  }
  return fastest;
}
