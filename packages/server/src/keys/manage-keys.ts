import type { Services } from "../context.ts";
import { RequestProblem } from "../http/problem.ts";
import type { KeyRecord } from "../store/store.ts";
import type { NewKey } from "./keyring.ts";
import { type ApiKey, mayUse, requireScope } from "./scopes.ts";

/** Each throws RequestProblem `forbidden` where a scope is missing. */
type Keys = Pick<Services, "store" | "keyring" | "clock">;

export async function listKeys({ store }: Keys, key: ApiKey): Promise<readonly KeyRecord[]> {
  requireScope(key, "keys:write");
  return store.keys.list();
}

/**
 * Makes a key. Its token is in the result and nowhere else.
 * @throws RequestProblem `forbidden` for one that may do more than its maker, `invalid-body` for one whose time is over.
 */
export async function createKey(
  { keyring, clock }: Keys,
  key: ApiKey,
  wanted: NewKey,
): Promise<{ readonly record: KeyRecord; readonly token: string }> {
  requireScope(key, "keys:write");
  refuseMore(wanted, key);
  if (wanted.expiresAt !== null && wanted.expiresAt <= clock().getTime()) throw expired();
  return keyring.create(wanted);
}

/** @throws RequestProblem `not-found`. */
export async function revokeKey({ store }: Keys, key: ApiKey, id: string): Promise<void> {
  requireScope(key, "keys:write");
  if (!(await store.keys.remove(id))) throw new RequestProblem("not-found", "There is no such key.");
}

/** Nobody can give away what he does not have. */
function refuseMore(wanted: Pick<ApiKey, "scopes" | "connections" | "expiresAt">, own: ApiKey): void {
  const scope = wanted.scopes.find((scope) => !own.scopes.includes(scope));
  if (scope !== undefined) requireScope(own, scope);
  const isWithin = own.connections === null || wanted.connections?.every((name) => mayUse(own, name)) === true;
  if (!isWithin)
    throw new RequestProblem("forbidden", "This API key can only give away the connections it may use itself.");
  if (own.expiresAt !== null && (wanted.expiresAt ?? Number.POSITIVE_INFINITY) > own.expiresAt)
    throw new RequestProblem("forbidden", "This API key can make none that outlives it.");
}

function expired(): RequestProblem {
  const errors = [{ pointer: "/expiresAt", detail: "is in the past" }];
  return new RequestProblem("invalid-body", "/expiresAt is in the past.", { errors });
}
