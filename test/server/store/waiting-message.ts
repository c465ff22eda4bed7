import { allQueued } from "../../../packages/server/src/messages/recipients.ts";
import type { MessageRecord, StoredBody } from "../../../packages/server/src/store/message-record.ts";

/** A message that waits, due at 1,000. */
export const MESSAGE: MessageRecord = {
  id: "m1",
  key: "k1",
  connection: "main",
  idempotency: null,
  messageId: "<1@example.com>",
  subject: "Hi",
  envelope: { from: "a@example.com", to: ["b@example.com"] },
  recipientsMode: "best-effort",
  onUnknown: "keep",
  size: 10,
  state: "queued",
  recipients: allQueued(["b@example.com"]),
  reply: null,
  downgrades: [],
  error: null,
  attempts: 0,
  interruptions: 0,
  createdAt: 1_000,
  dueAt: 1_000,
  expiresAt: 90_000,
  finishedAt: null,
};

export const BODY: StoredBody = { bytes: new Uint8Array([1]), dsn: null, requireTls: false, isKept: false };
