import { RequestProblem } from "../http/problem.ts";
import type { ApiKey } from "../keys/scopes.ts";
import { ownOnly } from "../messages/visibility.ts";
import type { SecretBox } from "../secrets.ts";
import type { Store } from "../store/store.ts";
import type { WebhookChange, WebhookRecord, WebhookSecret } from "../store/webhook-record.ts";
import { createWebhookSecret } from "./signature.ts";
import type { TargetPolicy } from "./target-policy.ts";

/** The webhooks there are, and their signing secrets, each shown once. */
export interface WebhookBook {
  /** @throws RequestProblem `invalid-body` for a URL that may not be used. */
  create(form: WebhookForm, key: ApiKey): Promise<MadeWebhook>;
  /** @throws RequestProblem as `create`; `not-found`, the same for unknown ids and for those of others. */
  change(id: string, form: ChangedWebhook, key: ApiKey): Promise<WebhookRecord>;
  /** A new signing secret. The one before signs too for a day, so that its receiver can change over. */
  rotateSecret(id: string, key: ApiKey): Promise<MadeWebhook>;
  /** @throws RequestProblem `not-found`. */
  find(id: string, key: ApiKey): Promise<WebhookRecord>;
  list(key: ApiKey): Promise<readonly WebhookRecord[]>;
  /** Those it is signed with now, the newest first. */
  secretsOf(webhook: WebhookRecord): Promise<readonly string[]>;
  /** Seals every secret with the current key of the operator. */
  rotate(): Promise<void>;
}

/** What its owner says of a webhook. */
export type WebhookForm = Pick<WebhookRecord, "url" | "description" | "events">;

/** What is left out stays. */
export type ChangedWebhook = { readonly [Field in keyof WebhookForm]?: WebhookForm[Field] | undefined } & {
  readonly enabled?: boolean | undefined;
};

/** A webhook, and its secret, which is not shown again. */
export interface MadeWebhook {
  readonly webhook: WebhookRecord;
  readonly secret: string;
}

export interface WebhookBookOptions {
  readonly store: Store;
  readonly secretBox: SecretBox;
  readonly target: TargetPolicy;
  readonly clock: () => Date;
  readonly random: (bytes: number) => Uint8Array;
  readonly newId: (now: Date) => string;
}

/** Time for everybody who checks signatures to learn of a new secret. */
const OVERLAP_MS = 24 * 60 * 60 * 1000;

/** Why a webhook is told nothing that somebody disabled. */
export const DISABLED_BY_HAND = "It was disabled by hand.";

export function createWebhookBook({ store, secretBox, target, clock, random, newId }: WebhookBookOptions): WebhookBook {
  const { webhooks } = store;

  async function open({ id, secrets }: WebhookRecord): Promise<readonly WebhookSecret[]> {
    const all: readonly WebhookSecret[] = JSON.parse(await secretBox.open(secrets, placeOf(id)));
    return all.filter(({ until }) => until === null || until > clock().getTime());
  }

  function seal(id: string, secrets: readonly WebhookSecret[]): Promise<string> {
    return secretBox.seal(JSON.stringify(secrets), placeOf(id));
  }

  async function find(id: string, key: ApiKey): Promise<WebhookRecord> {
    const webhook = await webhooks.find(id);
    if (webhook !== undefined && isOpenTo(key, webhook)) return webhook;
    throw new RequestProblem("not-found", "There is no such webhook, or none this API key may see.");
  }

  return {
    async create(form, key) {
      await target.check(form.url);
      const now = clock();
      const id = newId(now);
      const secret = createWebhookSecret(random);
      const webhook: WebhookRecord = {
        id,
        key: key.id,
        ownOnly: ownOnly(key).key !== undefined,
        ...form,
        secrets: await seal(id, [{ secret, until: null }]),
        since: await store.events.lastId(),
        disabled: null,
        failingSince: null,
        createdAt: now.getTime(),
        updatedAt: now.getTime(),
      };
      await webhooks.insert(webhook);
      return { webhook, secret };
    },

    async change(id, { enabled, url, description, events }, key) {
      const webhook = await find(id, key);
      if (url !== undefined) await target.check(url);
      const change: WebhookChange = {
        ...(url !== undefined && { url }),
        ...(description !== undefined && { description }),
        ...(events !== undefined && { events }),
        ...(enabled === true && { disabled: null, failingSince: null }),
        ...(enabled === false && { disabled: DISABLED_BY_HAND }),
        updatedAt: clock().getTime(),
      };
      await webhooks.update(id, change);
      return { ...webhook, ...change };
    },

    async rotateSecret(id, key) {
      const webhook = await find(id, key);
      const secret = createWebhookSecret(random);
      const now = clock().getTime();
      const before = (await open(webhook)).map((old) => ({ ...old, until: old.until ?? now + OVERLAP_MS }));
      const change = { secrets: await seal(id, [{ secret, until: null }, ...before]), updatedAt: now };
      if (!(await webhooks.update(id, change, webhook.secrets))) {
        throw new RequestProblem("conflict", "The webhook was changed by somebody else just now.");
      }
      return { webhook: { ...webhook, ...change }, secret };
    },

    find,
    list: async (key) => (await webhooks.list()).filter((webhook) => isOpenTo(key, webhook)),
    secretsOf: async (webhook) => (await open(webhook)).map(({ secret }) => secret),

    async rotate() {
      for (const { id, secrets } of await webhooks.list()) {
        if (!(await secretBox.isOutdated(secrets))) continue;
        const place = placeOf(id);
        const sealed = await secretBox.seal(await secretBox.open(secrets, place), place);
        await webhooks.update(id, { secrets: sealed }, secrets);
      }
    },
  };
}

/** A key sees what it made itself; one that manages keys sees all. */
function isOpenTo(key: ApiKey, webhook: WebhookRecord): boolean {
  const owner = ownOnly(key).key;
  return owner === undefined || owner === webhook.key;
}

/** The row and field the secrets are bound to. */
function placeOf(id: string): string {
  return `webhooks/${id}/secrets`;
}
