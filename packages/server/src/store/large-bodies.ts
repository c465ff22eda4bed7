import { MailError } from "@edgepost/core";
import type { SqlDatabase } from "./sql-database.ts";
import type { MessageStore } from "./store.ts";

/** The part of Cloudflare's `R2Bucket` that is used here, so that nobody needs its types. */
export interface R2 {
  put(key: string, value: Uint8Array): Promise<unknown>;
  get(key: string): Promise<{ arrayBuffer(): Promise<ArrayBuffer> } | null>;
  list(options: { readonly prefix: string; readonly cursor?: string }): Promise<R2Objects>;
  delete(keys: string[]): Promise<void>;
}

interface R2Objects {
  readonly objects: readonly { readonly key: string; readonly uploaded: Date }[];
  readonly truncated: boolean;
  readonly cursor?: string;
}

/**
 * Beyond this a body goes to the bucket. D1 holds 10 GB: so the 200,000 messages that may wait have room in it, whatever they
 * weigh. And D1 gives octets back as lists of numbers, some four times as large, within the 128 MB of a Worker.
 */
const MAX_IN_DATABASE = 32 * 1024;
/** D1 takes rows of 2,000,000 octets; beside the body there is little in one. */
const MAX_WITHOUT_BUCKET = 1_990_000;
/** An object this young may be one whose row is written just now. */
const YOUNG_MS = 60 * 60 * 1000;

/**
 * Keeps large bodies in a bucket, by the id of their message. Their rows are there, without octets: what they say counts, and
 * an object without a row is nobody's.
 *
 * @throws MailError `message-too-large` for a body that would need a bucket, where there is none.
 */
export function withLargeBodies(
  messages: MessageStore,
  database: SqlDatabase,
  bucket: R2 | undefined,
  clock: () => Date = () => new Date(),
): MessageStore {
  async function forgetOrphans(bucket: R2): Promise<void> {
    const youngSince = clock().getTime() - YOUNG_MS;
    let cursor: string | undefined;
    do {
      const page = await bucket.list({ prefix: PREFIX, ...(cursor !== undefined && { cursor }) });
      const old = page.objects.filter(({ uploaded }) => uploaded.getTime() < youngSince).map(({ key }) => key);
      const orphans = await withoutRow(database, old);
      if (orphans.length > 0) await bucket.delete(orphans);
      cursor = page.truncated ? page.cursor : undefined;
    } while (cursor !== undefined);
  }

  return {
    ...messages,
    async begin(wanted, idempotentSince) {
      const { message, body } = wanted;
      const size = body?.bytes.length ?? 0;
      if (bucket === undefined && size > MAX_WITHOUT_BUCKET) throw tooLarge();
      if (bucket === undefined || body === null || size <= MAX_IN_DATABASE)
        return messages.begin(wanted, idempotentSince);
      // Before its row: a message is never there without its content.
      await bucket.put(keyOf(message.id), body.bytes);
      return messages.begin({ ...wanted, body: { ...body, bytes: new Uint8Array() } }, idempotentSince);
    },
    async body(id) {
      const body = await messages.body(id);
      if (body === undefined || body.bytes.length > 0) return body;
      const object = (await bucket?.get(keyOf(id))) ?? undefined;
      return object && { ...body, bytes: new Uint8Array(await object.arrayBuffer()) };
    },
    async prune(createdBefore) {
      await messages.prune(createdBefore);
      if (bucket !== undefined) await forgetOrphans(bucket);
    },
  };
}

/** The bucket may hold other things, too. */
const PREFIX = "bodies/";

function keyOf(id: string): string {
  return `${PREFIX}${id}`;
}

async function withoutRow(database: SqlDatabase, keys: readonly string[]): Promise<string[]> {
  if (keys.length === 0) return [];
  // As one value: D1 takes 100 of them, and a page has 1,000 keys.
  const ids = JSON.stringify(keys.map((key) => key.slice(PREFIX.length)));
  const rows = await database.all("SELECT message FROM bodies WHERE message IN (SELECT value FROM json_each(?))", ids);
  const kept = new Set(rows.map(({ message }) => keyOf(String(message))));
  return keys.filter((key) => !kept.has(key));
}

function tooLarge(): MailError {
  const detail = "A message of more than 1.99 MB can only be kept with an R2 bucket, as the binding BODIES.";
  return new MailError("message-too-large", detail, { phase: "input" });
}
