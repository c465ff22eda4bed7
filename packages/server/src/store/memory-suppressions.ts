import type { SuppressionQuery, SuppressionRecord, SuppressionStore } from "./suppression-record.ts";

export function memorySuppressions(): SuppressionStore {
  const entries = new Map<string, SuppressionRecord>();
  const placeOf = ({ address, connection }: SuppressionRecord) => JSON.stringify([address, connection]);

  return {
    async put(entry) {
      const { id, createdAt } = entries.get(placeOf(entry)) ?? entry;
      const kept = { ...entry, id, createdAt };
      entries.set(placeOf(entry), kept);
      return kept;
    },
    async add(entry) {
      if (!entries.has(placeOf(entry))) entries.set(placeOf(entry), entry);
    },
    find: async (id) => [...entries.values()].find((entry) => entry.id === id),
    async list(query) {
      const newestFirst = [...entries.values()].sort((one, other) => (one.id > other.id ? -1 : 1));
      return newestFirst.filter((entry) => matches(entry, query)).slice(0, query.limit);
    },
    async suppressed(addresses, connection, now) {
      const holds = (entry: SuppressionRecord) =>
        (entry.connection === null || entry.connection === connection) && (entry.expiresAt ?? Infinity) > now;
      const listed = new Set([...entries.values()].filter(holds).map(({ address }) => address));
      return addresses.filter((address) => listed.has(address));
    },
    async remove(id) {
      const entry = [...entries.values()].find((one) => one.id === id);
      return entry !== undefined && entries.delete(placeOf(entry));
    },
    async prune(expiredBefore) {
      for (const [place, { expiresAt }] of entries) if ((expiresAt ?? Infinity) <= expiredBefore) entries.delete(place);
    },
  };
}

function matches(entry: SuppressionRecord, { before, address, reason, connections }: SuppressionQuery): boolean {
  return (
    (before === undefined || entry.id < before) &&
    (address === undefined || entry.address === address) &&
    (reason === undefined || entry.reason === reason) &&
    (connections === undefined || (entry.connection !== null && connections.includes(entry.connection)))
  );
}
