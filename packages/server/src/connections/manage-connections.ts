import type { Services } from "../context.ts";
import { RequestProblem } from "../http/problem.ts";
import { type ApiKey, mayUse, requireScope } from "../keys/scopes.ts";
import type { ConnectionRecord } from "../store/store.ts";
import { connectionNotFound, type StoredConnection } from "./connection-book.ts";
import { parseNewConnection } from "./connection-form.ts";

/** What every holder of a key may do with connections. Each throws RequestProblem `forbidden` where a scope is missing. */
type Book = Pick<Services, "book" | "connections">;

/** A connection in a list: for choosing one, whoever may send through it may know this much. */
export type ListedConnection = Pick<ConnectionRecord, "name" | "system" | "lastUsedAt" | "lastError"> & {
  /** The operator's own, which nobody changes from outside. */
  readonly readOnly: boolean;
  /** Where it leads. Undefined for the operator's own. */
  readonly stored: StoredConnection | undefined;
};

/** Those a key may use; one of the operator's hides a stored one of the same name. */
export async function listConnections({ book, connections }: Book, key: ApiKey): Promise<readonly ListedConnection[]> {
  requireScope(key, "connections:use");
  const configured = connections.listConfigured();
  const isHidden = (name: string) => configured.some((own) => own.name === name);
  const stored = (await book.list()).filter(({ record }) => !isHidden(record.name));
  return [
    ...stored.map((one): ListedConnection => ({ ...one.record, readOnly: false, stored: one })),
    ...configured.map((own): ListedConnection => ({ ...own, system: false, readOnly: true, stored: undefined })),
  ].filter(({ name }) => mayUse(key, name));
}

/** @throws MailError `invalid-connection`, RequestProblem `conflict` for a taken name. */
export async function createConnection({ book }: Book, key: ApiKey, body: unknown): Promise<StoredConnection> {
  requireScope(key, "connections:write");
  const form = parseNewConnection(body);
  if (!mayUse(key, form.name)) throw new RequestProblem("forbidden", "This API key is limited to other connections.");
  refuseSystem(key, form);
  return book.create(form);
}

/** @throws RequestProblem `connection-not-found`, the same for those that are open to others only. */
export async function findConnection({ book }: Book, key: ApiKey, name: string): Promise<StoredConnection> {
  requireScope(key, "connections:write");
  const stored = mayUse(key, name) ? await book.find(name) : undefined;
  if (stored === undefined) throw connectionNotFound();
  return stored;
}

/** Changes some fields, by a merge patch. */
export async function changeConnection(
  { book }: Book,
  key: ApiKey,
  name: string,
  patch: unknown,
): Promise<StoredConnection> {
  requireScope(key, "connections:write");
  if (!mayUse(key, name)) throw connectionNotFound();
  refuseSystem(key, patch);
  return book.change(name, patch);
}

export async function removeConnection({ book }: Book, key: ApiKey, name: string): Promise<void> {
  requireScope(key, "connections:write");
  if (!mayUse(key, name) || !(await book.remove(name))) throw connectionNotFound();
}

/** The mail of everybody who names no connection goes there: not for who is limited to some of them to say. */
function refuseSystem({ connections }: ApiKey, form: unknown): void {
  const wantsSystem = typeof form === "object" && form !== null && "system" in form && form.system === true;
  if (wantsSystem && connections !== null)
    throw new RequestProblem(
      "forbidden",
      "This API key is limited to some connections, and cannot make one the system's.",
    );
}
