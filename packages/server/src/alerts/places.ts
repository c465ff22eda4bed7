import type { ApiKey } from "../keys/scopes.ts";
import type { AlertStore } from "../store/alert-record.ts";
import type { Raise } from "./alerts.ts";

/** Remembered here, so that most requests ask nobody. Beyond this many the oldest is forgotten, and asked for again. */
const MAX_KNOWN = 10_000;

/** Notes where a key is used, and raises an alert for a place that is new. Nobody waits for it, or is refused. */
export function createPlaces(
  store: AlertStore,
  raise: Raise,
  clock: () => Date,
): (key: ApiKey, address: string) => Promise<void> {
  const known = new Set<string>();

  return async (key, address) => {
    const place = placeOf(address);
    if (place === undefined) return;
    const subject = `${key.id} ${place}`;
    if (known.has(subject)) return;
    known.add(subject);
    const [oldest = ""] = known;
    if (known.size > MAX_KNOWN) known.delete(oldest);
    if (!(await store.notePlace(key.id, place, clock().getTime()))) return;
    await raise("key.new-place", subject, `The API key "${key.name}" was used from ${place} for the first time.`);
  };
}

/** The network of an address: people move within a /24, or the /48 of their provider. */
export function placeOf(address: string): string | undefined {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, "");
  const [, ipv4] = /^(\d{1,3}\.\d{1,3}\.\d{1,3})\.\d{1,3}$/.exec(plain) ?? [];
  if (ipv4 !== undefined) return `${ipv4}.0/24`;
  if (!plain.includes(":") || !URL.canParse(`http://[${plain}]`)) return undefined;
  const [head = ""] = new URL(`http://[${plain}]`).hostname.slice(1, -1).split("::");
  const groups = [...head.split(":").filter((group) => group !== ""), "0", "0", "0"];
  return `${groups.slice(0, 3).join(":")}::/48`;
}
