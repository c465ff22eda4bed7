/** Octets taken from the runtime at once: one call costs as much as the rest of a short header (bench mime-small). */
const POOL_OCTETS = 1024;

let pool: Uint8Array = new Uint8Array();

/** Octets nobody can guess, each given out once. */
export function randomBytes(octets: number): Uint8Array {
  if (pool.length < octets) pool = crypto.getRandomValues(new Uint8Array(Math.max(octets, POOL_OCTETS)));
  const taken = pool.slice(0, octets);
  pool = pool.subarray(octets);
  return taken;
}
