import type { ServerOptions } from "../options.ts";
import { createWebhookDispatcher, type WebhookDispatcher, type WebhookDispatcherOptions } from "./dispatcher.ts";
import { createTargetPolicy } from "./target-policy.ts";
import { createWebhookBook, type WebhookBook, type WebhookBookOptions } from "./webhook-book.ts";

/** Everything webhooks need. */
export interface Webhooks {
  readonly book: WebhookBook;
  /** Tells them what is new and due, and resolves when that is done. */
  notify(): Promise<void>;
  /** Begins nothing more, and resolves when what is under way is done. */
  close(): Promise<void>;
}

export type WebhooksOptions = Omit<
  WebhookDispatcherOptions & WebhookBookOptions,
  "target" | "fetch" | "book" | "random"
> &
  Pick<WebhookBookOptions, "random"> &
  Pick<ServerOptions, "webhooks" | "hosts">;

export function createWebhooks({ webhooks = {}, hosts = {}, ...services }: WebhooksOptions): Webhooks {
  const { resolve, connectsByName } = hosts;
  const target = createTargetPolicy({ resolve, connectsByName, allow: webhooks.allow });
  const book = createWebhookBook({ ...services, target });
  const send: typeof fetch = webhooks.fetch ?? ((input, init) => fetch(input, init));
  const { random: _, ...rest } = services;
  const dispatcher = createWebhookDispatcher({ ...rest, book, target, fetch: send });
  return { book, ...lookAgain(dispatcher) };
}

/** One look at a time: who asks during one waits for it. */
function lookAgain({ look, idle }: WebhookDispatcher): Pick<Webhooks, "notify" | "close"> {
  let looking: Promise<void> | undefined;
  let isClosed = false;

  return {
    async notify() {
      if (isClosed) return;
      looking ??= look().finally(() => {
        looking = undefined;
      });
      await looking;
      await idle();
    },
    async close() {
      isClosed = true;
      await looking?.catch(() => {});
      await idle();
    },
  };
}
