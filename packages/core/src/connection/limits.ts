import type { ParsedConnection, SmtpPool, SmtpTimeouts } from "../connection.ts";
import type { Fields } from "../util/fields.ts";

/** A longer `setTimeout` overflows, and fires at once. */
const LONGEST_TIMEOUT_MS = 2_147_483_647;
/** Connections, or messages: far beyond any server, and safe to count with. */
const MOST = 1_000_000;

export function parseTimeouts(fields: Fields<SmtpTimeouts>): ParsedConnection["timeouts"] {
  const timeouts = {
    connectMs: fields.count("connectMs", 10_000, LONGEST_TIMEOUT_MS),
    replyMs: fields.count("replyMs", 30_000, LONGEST_TIMEOUT_MS),
    progressMs: fields.count("progressMs", 60_000, LONGEST_TIMEOUT_MS),
    finalMs: fields.count("finalMs", 600_000, LONGEST_TIMEOUT_MS),
    totalMs: fields.count("totalMs", 900_000, LONGEST_TIMEOUT_MS),
  };
  fields.refuseOthers();
  return timeouts;
}

export function parsePool(fields: Fields<SmtpPool>): ParsedConnection["pool"] {
  const pool = {
    maxConnections: fields.count("maxConnections", 5, MOST),
    maxMessages: fields.count("maxMessages", 100, MOST),
    idleMs: fields.count("idleMs", 30_000, LONGEST_TIMEOUT_MS),
    ...(fields.has("rate") && { rate: parseRate(fields.section("rate")) }),
  };
  fields.refuseOthers({ rateLimit: '"rate.messages"', rateDelta: '"rate.perMs"' });
  return pool;
}

function parseRate(fields: Fields<NonNullable<SmtpPool["rate"]>>): NonNullable<ParsedConnection["pool"]["rate"]> {
  for (const name of ["messages", "perMs"] as const) {
    if (!fields.has(name)) fields.refuse(name, "is missing: a rate is so many messages per so many milliseconds");
  }
  const rate = { messages: fields.count("messages", 1, MOST), perMs: fields.count("perMs", 1, LONGEST_TIMEOUT_MS) };
  fields.refuseOthers();
  return rate;
}
