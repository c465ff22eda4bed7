import type { Socket } from "cloudflare:sockets";
import { settleWithin } from "../settle.ts";

/** `close()` of the platform may never settle after STARTTLS (workerd #2060). */
const CLOSE_LIMIT_MS = 1_000;

/** Closes both directions. Never rejects, settles within a second. */
export async function closeSocket(socket: Socket): Promise<void> {
  const closing = socket.close().catch(() => {});
  await settleWithin(CLOSE_LIMIT_MS, closing);
}
