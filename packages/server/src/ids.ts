/**
 * A UUID of version 7 (RFC 9562): milliseconds first, so that ids sort in the order they were made, then 74 random bits.
 */
export function createId(now: Date, random: (bytes: number) => Uint8Array): string {
  const octets = new Uint8Array(16);
  octets.set(random(10), 6);
  new DataView(octets.buffer).setBigUint64(
    0,
    (BigInt(now.getTime()) << 16n) | BigInt(((octets[6] ?? 0) << 8) | (octets[7] ?? 0)),
  );
  octets[6] = 0x70 | ((octets[6] ?? 0) & 0x0f);
  octets[8] = 0x80 | ((octets[8] ?? 0) & 0x3f);
  const hex = Array.from(octets, (octet) => octet.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

export function randomBytes(bytes: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(bytes));
}
