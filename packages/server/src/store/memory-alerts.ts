import type { AlertKind, AlertRecord, AlertStore } from "./alert-record.ts";

export function memoryAlerts(): AlertStore {
  const alerts = new Map<string, AlertRecord>();
  const places = new Map<string, Set<string>>();

  const of = (kind: AlertKind, subject: string) =>
    [...alerts.values()].find((alert) => alert.kind === kind && alert.subject === subject);

  function change(id: string, changes: Partial<AlertRecord>): void {
    const alert = alerts.get(id);
    if (alert !== undefined) alerts.set(id, { ...alert, ...changes });
  }

  return {
    async raise({ id, kind, subject, detail, raisedAt }) {
      const known = of(kind, subject);
      if (known !== undefined && known.resolvedAt === null) {
        change(known.id, { detail, seenAt: raisedAt });
        return false;
      }
      const anew = { resolvedAt: null, acknowledgedAt: null, mail: null, mutedUntil: known?.mutedUntil ?? null };
      const alert = { id: known?.id ?? id, kind, subject, detail, raisedAt, seenAt: raisedAt, ...anew };
      alerts.set(alert.id, alert);
      return true;
    },
    async resolve(id, at) {
      if (alerts.get(id)?.resolvedAt === null) change(id, { resolvedAt: at });
    },
    find: async (id) => alerts.get(id),
    of: async (kind, subject) => of(kind, subject),
    async list({ openOnly, limit }) {
      const wanted = [...alerts.values()].filter(({ resolvedAt }) => !openOnly || resolvedAt === null);
      return wanted.sort((one, other) => other.raisedAt - one.raisedAt || (one.id > other.id ? -1 : 1)).slice(0, limit);
    },
    async claimMail(id) {
      if (alerts.get(id)?.mail !== null) return false;
      change(id, { mail: "Being sent." });
      return true;
    },
    update: async (id, changes) => change(id, changes),
    async notePlace(key, place) {
      const known = places.get(key) ?? new Set();
      places.set(key, known);
      if (known.has(place)) return false;
      known.add(place);
      return known.size > 1;
    },
    async prune(resolvedBefore) {
      for (const { id, resolvedAt } of alerts.values()) {
        if (resolvedAt !== null && resolvedAt < resolvedBefore) alerts.delete(id);
      }
    },
  };
}
