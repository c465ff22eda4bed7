/**
 * Makes UUIDs of version 7 (RFC 9562): 48 bits of milliseconds, a 12-bit counter for those made within one, and 62 random
 * bits. They sort in the order they were made, also when the clock stands still or goes back.
 */
export function createIdSource(random: (bytes: number) => Uint8Array): (now: Date) => string {
  let last = 0n;

  return (now) => {
    const tick = BigInt(now.getTime()) << 12n;
    last = tick > last ? tick : last + 1n;
    const high = ((last >> 12n) << 16n) | 0x7000n | (last & 0xfffn);
    const low = (0b10n << 62n) | (new DataView(random(8).slice().buffer).getBigUint64(0) >> 2n);
    const hex = ((high << 64n) | low).toString(16).padStart(32, "0");
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
  };
}

export function randomBytes(bytes: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(bytes));
}
