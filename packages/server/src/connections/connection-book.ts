import { type Issue, parseConnection, type SmtpConnection } from "@edgepost/core";
import { RequestProblem } from "../http/problem.ts";
import type { SecretBox } from "../secrets.ts";
import type { ConnectionRecord, Store } from "../store/store.ts";
import {
  type ConnectionForm,
  invalidConnection,
  type NewConnection,
  parseChangedConnection,
} from "./connection-form.ts";
import type { HostPolicy } from "./host-policy.ts";
import { type ConnectionSecrets, MASK, putTogether, takeApart } from "./secret-fields.ts";

/** The stored connections. What is read from it has masks where secrets are; only {@link reveal} opens them. */
export interface ConnectionBook {
  /** @throws MailError `invalid-connection` for a host that may not be used; RequestProblem `conflict` for a taken name. */
  create(form: NewConnection): Promise<StoredConnection>;
  /**
   * Changes some fields, by a merge patch (RFC 7396). Secrets that are not sent stay, unless the server they would go to
   * changes: then they must be sent again, so that nobody who may change settings can send a password to himself.
   */
  change(name: string, patch: unknown): Promise<StoredConnection>;
  find(name: string): Promise<StoredConnection | undefined>;
  list(): Promise<readonly StoredConnection[]>;
  remove(name: string): Promise<boolean>;
  /** With its secrets, to connect. */
  reveal(stored: StoredConnection): Promise<SmtpConnection>;
  /** Seals every secret with the current key of the operator. */
  rotate(): Promise<void>;
}

export interface StoredConnection {
  readonly record: ConnectionRecord;
  readonly form: ConnectionForm;
}

export interface ConnectionBookOptions {
  readonly store: Store;
  readonly secretBox: SecretBox;
  readonly hostPolicy: HostPolicy;
  /** Names that configured connections have. */
  readonly reserved: ReadonlySet<string>;
  readonly clock: () => Date;
}

export function createConnectionBook(options: ConnectionBookOptions): ConnectionBook {
  const { secretBox, hostPolicy, reserved, clock } = options;
  const { connections } = options.store;

  /** Checks where it leads, seals what is secret, and says what goes into the row. */
  async function seal(name: string, form: ConnectionForm) {
    const { host, port } = parseConnection(form.connection);
    await hostPolicy.check(host, port);
    const { settings, secrets } = takeApart(form.connection);
    return {
      settings: JSON.stringify({ ...form, connection: settings }),
      secrets: secrets === undefined ? null : await secretBox.seal(JSON.stringify(secrets), placeOf(name)),
      system: form.system,
    };
  }

  async function openSecrets({ name, secrets }: ConnectionRecord): Promise<ConnectionSecrets> {
    return secrets === null ? {} : JSON.parse(await secretBox.open(secrets, placeOf(name)));
  }

  return {
    async create({ name, ...form }) {
      const now = clock().getTime();
      const row = await seal(name, form);
      const uses = { lastUsedAt: null, lastError: null };
      const record: ConnectionRecord = { name, ...row, revision: 1, createdAt: now, updatedAt: now, ...uses };
      if (reserved.has(name) || !(await connections.insert(record)))
        throw conflict("There is a connection of this name already.");
      return toStored(record);
    },

    async change(name, patch) {
      const current = await connections.find(name);
      if (current === undefined) throw connectionNotFound();
      const { form } = toStored(current);
      const secrets = await openSecrets(current);
      refuseMasks(patch);
      const masked = mergePatch({ ...form.connection, ...form, connection: undefined }, patch);
      const changed = parseChangedConnection(putTogether(masked as unknown as SmtpConnection, secrets));
      refuseToMoveSecrets(masked, putTogether(form.connection, secrets), changed.connection);
      const row = await seal(name, changed);
      const record = { ...current, ...row, revision: current.revision + 1, updatedAt: clock().getTime() };
      if (!(await connections.update(record))) throw conflict("The connection was changed by somebody else just now.");
      return toStored({ ...record, lastUsedAt: null, lastError: null });
    },

    async find(name) {
      const record = await connections.find(name);
      return record && toStored(record);
    },

    async list() {
      return (await connections.list()).map(toStored);
    },

    remove: (name) => connections.remove(name),

    async reveal({ record, form }) {
      return putTogether(form.connection, await openSecrets(record));
    },

    async rotate() {
      for (const { name, secrets } of await connections.list()) {
        if (secrets === null || !(await secretBox.isOutdated(secrets))) continue;
        const place = placeOf(name);
        await connections.reseal(name, secrets, await secretBox.seal(await secretBox.open(secrets, place), place));
      }
    },
  };
}

export function connectionNotFound(): RequestProblem {
  return new RequestProblem("connection-not-found", "No connection of this name is open to this API key.");
}

/** The row and field a secret is bound to. */
function placeOf(name: string): string {
  return `connections/${name}/secrets`;
}

function toStored(record: ConnectionRecord): StoredConnection {
  return { record, form: { ...JSON.parse(record.settings), system: record.system } };
}

function conflict(detail: string): RequestProblem {
  return new RequestProblem("conflict", detail);
}

function refuseMasks(patch: unknown): void {
  const paths = secretPaths(patch).filter(({ value }) => value === MASK);
  const message = "is the mask of a secret; send the secret, or leave it out to keep it";
  if (paths.length > 0) throw invalidConnection(paths.map(({ path }) => ({ path, message })));
}

/** A secret that is kept (its mask is still there) may only go where it went before. */
function refuseToMoveSecrets(masked: unknown, before: SmtpConnection, after: SmtpConnection): void {
  if (destinationOf(before) === destinationOf(after)) return;
  const issues: Issue[] = secretPaths(masked)
    .filter(({ value }) => value === MASK)
    .map(({ path }) => ({ path, message: "must be sent again, because where it goes or how it is protected changes" }));
  if (issues.length > 0) throw invalidConnection(issues);
}

/** Everything that decides who can read a secret on its way. */
function destinationOf(connection: SmtpConnection): string {
  const { host, port, security, allowClearText, tls } = parseConnection(connection);
  return JSON.stringify([host, port, security, allowClearText, { ...tls, key: undefined }]);
}

function secretPaths(fields: unknown): readonly { readonly path: string; readonly value: unknown }[] {
  const { auth, tls } = (isRecord(fields) ? fields : {}) as Record<string, unknown>;
  const at = (holder: unknown, name: string) => (isRecord(holder) ? holder[name] : undefined);
  return [
    { path: "auth.password", value: at(auth, "password") },
    { path: "auth.accessToken", value: at(auth, "accessToken") },
    { path: "tls.key", value: at(tls, "key") },
  ];
}

/** RFC 7396: objects are merged, null takes a field away, everything else replaces. */
function mergePatch(target: unknown, patch: unknown): Record<string, unknown> {
  const merged = new Map(Object.entries(isRecord(target) ? target : {}));
  for (const [name, value] of Object.entries(isRecord(patch) ? patch : {})) {
    if (value === null) merged.delete(name);
    else merged.set(name, isRecord(value) ? mergePatch(merged.get(name), value) : value);
  }
  return Object.fromEntries([...merged].filter(([, value]) => value !== undefined));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
