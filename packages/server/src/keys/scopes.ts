import { RequestProblem } from "../http/problem.ts";

/** What a key may do. */
export const SCOPES = [
  "messages:send",
  "messages:read",
  "connections:use",
  "connections:write",
  "connections:inline",
  "attachments:url",
  "keys:write",
  "suppressions:write",
  "webhooks:write",
  "metrics:read",
  "alerts:write",
] as const;

/** One thing an API key may do. */
export type Scope = (typeof SCOPES)[number];

/** Who a request comes from. */
export interface ApiKey {
  /** Stands in the log and beside every message the key sends. */
  readonly id: string;
  /** For people and logs; not secret. */
  readonly name: string;
  /** What it may do. */
  readonly scopes: readonly Scope[];
  /** The stored connections it may use; null for all. */
  readonly connections: readonly string[] | null;
  /** Milliseconds since 1970; null for never. */
  readonly expiresAt: number | null;
}

/** @throws RequestProblem `forbidden`, naming the scope (RFC 6750 section 3.1). */
export function requireScope(key: ApiKey, scope: Scope): void {
  if (key.scopes.includes(scope)) return;
  throw new RequestProblem("forbidden", `This API key lacks the scope ${scope}.`, {
    headers: { "www-authenticate": `Bearer realm="edgepost", error="insufficient_scope", scope="${scope}"` },
  });
}

export function mayUse({ connections }: ApiKey, name: string): boolean {
  return connections === null || connections.includes(name);
}
