import { RequestProblem } from "../http/problem.ts";
import type { ApiKey } from "../keys/scopes.ts";
import type { MessageRecord } from "../store/message-record.ts";
import type { Store } from "../store/store.ts";

/** A key sees what it sent itself; one that manages keys sees what all of them sent. */
export function ownOnly({ id, scopes }: ApiKey): { readonly key?: string } {
  return scopes.includes("keys:write") ? {} : { key: id };
}

/** @throws RequestProblem `not-found`, the same for unknown ids and for those of others. */
export async function findVisible({ messages }: Store, id: string, key: ApiKey): Promise<MessageRecord> {
  const message = await messages.find(id);
  const owner = ownOnly(key).key;
  if (message !== undefined && (owner === undefined || message.key === owner)) return message;
  throw new RequestProblem("not-found", "The log has no such message, or none this API key may see.");
}
