import type { SqlDatabase, SqlRow, SqlValue } from "./sql-database.ts";
import { insertRow, insertStep } from "./sql-insert.ts";
import type { DeliveryRecord, WebhookChange, WebhookRecord, WebhookStore } from "./webhook-record.ts";

export function createWebhookStore(database: SqlDatabase): WebhookStore {
  return {
    async insert({ id, key, since, createdAt, ...settings }) {
      const row = { id, key, own_only: Number(settings.ownOnly), since, created_at: createdAt };
      await insertRow(database, "webhooks", { ...row, ...fromChange(settings) });
    },
    async find(id) {
      const [row] = await database.all("SELECT * FROM webhooks WHERE id = ?", id);
      return row && toWebhook(row);
    },
    async list() {
      return (await database.all("SELECT * FROM webhooks ORDER BY id")).map(toWebhook);
    },
    async update(id, change, seen) {
      const columns = fromChange(change);
      const assignments = Object.keys(columns).map((column) => `${column} = ?`);
      const asSeen = seen === undefined ? "" : "AND secrets = ?";
      const sql = `UPDATE webhooks SET ${assignments.join(", ")} WHERE id = ? ${asSeen}`;
      return (await database.run(sql, ...Object.values(columns), id, ...(seen === undefined ? [] : [seen]))) > 0;
    },
    async remove(id) {
      const steps = ["DELETE FROM webhook_deliveries WHERE webhook = ?", "DELETE FROM webhooks WHERE id = ?"];
      return ((await database.transaction(steps.map((sql) => [sql, id]))).at(-1) ?? 0) > 0;
    },

    async enqueue(deliveries) {
      if (deliveries.length === 0) return;
      await database.transaction(
        deliveries.map((delivery) => insertStep("webhook_deliveries", fromDelivery(delivery))),
      );
    },
    async due(now) {
      const sql = "SELECT DISTINCT webhook FROM webhook_deliveries WHERE due_at <= ?";
      return (await database.all(sql, now)).map(({ webhook }) => String(webhook));
    },
    async claim(webhook, now, until, limit) {
      const due = "SELECT id FROM webhook_deliveries WHERE webhook = ? AND due_at <= ? ORDER BY due_at, id LIMIT ?";
      // What is due is asked twice: of two that claim at once, the second waits here, and must find nothing.
      const sql = `UPDATE webhook_deliveries SET due_at = ? WHERE due_at <= ? AND id IN (${due}) RETURNING *`;
      const rows = await database.all(sql, until, now, webhook, now, limit);
      return rows.map(toDelivery).sort(byEvent);
    },
    async settle(id, { state, attempts, dueAt }) {
      const sql = "UPDATE webhook_deliveries SET state = ?, attempts = ?, due_at = ? WHERE id = ?";
      return (await database.run(sql, state, JSON.stringify(attempts), dueAt, id)) > 0;
    },
    async delivery(id) {
      const [row] = await database.all("SELECT * FROM webhook_deliveries WHERE id = ?", id);
      return row && toDelivery(row);
    },
    async deliveries({ webhook, limit, before, state }) {
      const more = `${before === undefined ? "" : "AND id < ?"} ${state === undefined ? "" : "AND state = ?"}`;
      const values = [before, state].filter((value) => value !== undefined);
      const sql = `SELECT * FROM webhook_deliveries WHERE webhook = ? ${more} ORDER BY id DESC LIMIT ?`;
      return (await database.all(sql, webhook, ...values, limit)).map(toDelivery);
    },
    async waiting() {
      const [row] = await database.all("SELECT count(*) AS waiting FROM webhook_deliveries WHERE due_at IS NOT NULL");
      return Number(row?.waiting ?? 0);
    },
    async prune(createdBefore) {
      await database.run("DELETE FROM webhook_deliveries WHERE due_at IS NULL AND created_at < ?", createdBefore);
    },
  };
}

/** The columns of the fields that are there. */
function fromChange(change: WebhookChange): Readonly<Record<string, SqlValue>> {
  const { url, description, events, secrets, disabled, failingSince, updatedAt } = change;
  const columns = {
    url,
    description,
    events: events === undefined ? undefined : JSON.stringify(events),
    secrets,
    disabled,
    failing_since: failingSince,
    updated_at: updatedAt,
  };
  const entries: readonly (readonly [string, SqlValue | undefined])[] = Object.entries(columns);
  const there = entries.filter((field): field is readonly [string, SqlValue] => field[1] !== undefined);
  return Object.fromEntries(there);
}

function toWebhook(row: SqlRow): WebhookRecord {
  return {
    id: String(row.id),
    key: String(row.key),
    ownOnly: Number(row.own_only) === 1,
    url: String(row.url),
    description: textOrNull(row.description),
    events: JSON.parse(String(row.events)),
    secrets: String(row.secrets),
    since: Number(row.since),
    disabled: textOrNull(row.disabled),
    failingSince: row.failing_since === null ? null : Number(row.failing_since),
    createdAt: Number(row.created_at),
    updatedAt: Number(row.updated_at),
  };
}

function fromDelivery({ attempts, dueAt, createdAt, ...delivery }: DeliveryRecord): Readonly<Record<string, SqlValue>> {
  return { ...delivery, attempts: JSON.stringify(attempts), due_at: dueAt, created_at: createdAt };
}

function toDelivery(row: SqlRow): DeliveryRecord {
  return {
    id: String(row.id),
    webhook: String(row.webhook),
    event: Number(row.event),
    type: String(row.type),
    payload: String(row.payload),
    // Written by the function above.
    state: row.state as DeliveryRecord["state"],
    attempts: JSON.parse(String(row.attempts)),
    dueAt: row.due_at === null ? null : Number(row.due_at),
    createdAt: Number(row.created_at),
  };
}

function byEvent({ event: one }: DeliveryRecord, { event: other }: DeliveryRecord): number {
  return one - other;
}

function textOrNull(column: unknown): string | null {
  return column === null ? null : String(column);
}
