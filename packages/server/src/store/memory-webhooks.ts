import type { DeliveryRecord, WebhookRecord, WebhookStore } from "./webhook-record.ts";

export function memoryWebhooks(): WebhookStore {
  const webhooks = new Map<string, WebhookRecord>();
  const deliveries = new Map<string, DeliveryRecord>();

  const isDue = (now: number) => (delivery: DeliveryRecord) => delivery.dueAt !== null && delivery.dueAt <= now;
  const has = ({ webhook, event }: DeliveryRecord) =>
    [...deliveries.values()].some((one) => one.webhook === webhook && one.event === event);

  return {
    async insert(webhook) {
      webhooks.set(webhook.id, webhook);
    },
    find: async (id) => webhooks.get(id),
    list: async () => [...webhooks.values()],
    async update(id, change, seen) {
      const webhook = webhooks.get(id);
      if (webhook === undefined || (seen !== undefined && webhook.secrets !== seen)) return false;
      const changed = Object.entries(change).filter(([, value]) => value !== undefined);
      webhooks.set(id, { ...webhook, ...Object.fromEntries(changed) });
      return true;
    },
    async remove(id) {
      for (const { id: own, webhook } of deliveries.values()) if (webhook === id) deliveries.delete(own);
      return webhooks.delete(id);
    },

    async enqueue(wanted) {
      for (const delivery of wanted) if (!has(delivery)) deliveries.set(delivery.id, delivery);
    },
    async due(now) {
      return [...new Set([...deliveries.values()].filter(isDue(now)).map(({ webhook }) => webhook))];
    },
    async claim(webhook, now, until, limit) {
      const due = [...deliveries.values()].filter((delivery) => delivery.webhook === webhook).filter(isDue(now));
      const claimed = due.slice(0, limit).map((delivery) => ({ ...delivery, dueAt: until }));
      for (const delivery of claimed) deliveries.set(delivery.id, delivery);
      return claimed;
    },
    async settle(id, outcome) {
      const delivery = deliveries.get(id);
      if (delivery === undefined) return false;
      deliveries.set(id, { ...delivery, ...outcome });
      return true;
    },
    delivery: async (id) => deliveries.get(id),
    async deliveries({ webhook, before, state, limit }) {
      const newestFirst = [...deliveries.values()].sort((one, other) => (one.id > other.id ? -1 : 1));
      const isAsked = (one: DeliveryRecord) =>
        one.webhook === webhook &&
        (before === undefined || one.id < before) &&
        (state === undefined || one.state === state);
      return newestFirst.filter(isAsked).slice(0, limit);
    },
    waiting: async () => [...deliveries.values()].filter(({ dueAt }) => dueAt !== null).length,
    async prune(createdBefore) {
      for (const { id, dueAt, createdAt } of deliveries.values()) {
        if (dueAt === null && createdAt < createdBefore) deliveries.delete(id);
      }
    },
  };
}
