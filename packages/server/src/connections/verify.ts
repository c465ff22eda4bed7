import { createMailer, isMailError, type TlsSummary } from "@edgepost/core";
import type { Services } from "../context.ts";
import { type ProblemDetails, toProblem, type Viewer } from "../http/problem.ts";
import type { ApiKey } from "../keys/scopes.ts";
import { send } from "../messages/send.ts";
import type { ConnectionChoice } from "./connections.ts";
import { withHint } from "./providers.ts";

/** The staged test of a connection: each stage in order, up to the first that failed. */
export interface VerificationAnswer {
  readonly ok: boolean;
  readonly stages: readonly StageAnswer[];
  /** What the server offered after EHLO, once it was asked. */
  readonly capabilities: Readonly<Record<string, string>> | null;
}

export interface StageAnswer {
  /** `resolve` is finding the server's address and being allowed to use it, `send` the test message. */
  readonly stage: "resolve" | "connect" | "tls" | "ehlo" | "auth" | "send";
  readonly ok: boolean;
  /** Whole milliseconds. */
  readonly ms: number;
  readonly problem?: ProblemDetails;
  /** What the TLS handshake came to, where the runtime tells. Only for who may see connections: it names the server. */
  readonly tls?: TlsSummary;
}

export interface VerifyRequest {
  readonly key: ApiKey;
  readonly connection: ConnectionChoice;
  /** Where a test message goes, when everything before it went well. */
  readonly to: string | undefined;
  /** Who the test message is from. Default: that of the connection. */
  readonly from?: string | undefined;
  readonly viewer: Viewer;
}

/** Tests a connection on the path that sends. A stage that fails is an answer, not an error. */
export async function verify(services: Services, request: VerifyRequest): Promise<VerificationAnswer> {
  const stages: StageAnswer[] = [];
  const opening = await stage(services, "resolve", () => services.connections.open(request.connection, request.key));
  if (opening.error !== undefined && !isHostRefused(opening.error)) throw opening.error;
  stages.push(toAnswer(opening, request.viewer));
  if (opening.result === undefined) return { ok: false, stages, capabilities: null };

  const open = opening.result;
  try {
    const { stages: tested, capabilities = null } = await createMailer({ transport: open.transport }).verify();
    for (const { stage, ok, ms, error, tls } of tested) {
      stages.push(toAnswer({ stage, ok, ms, error: withHint(error, open.host), tls }, request.viewer));
    }
    await open.note(tested.find(({ ok }) => !ok)?.error);
    if (request.to !== undefined && stages.every(({ ok }) => ok)) {
      stages.push(toAnswer(await stage(services, "send", () => sendTest(services, request)), request.viewer));
    }
    return { ok: stages.every(({ ok }) => ok), stages, capabilities };
  } finally {
    await open.release();
  }
}

interface Stage<Result> extends Pick<StageAnswer, "stage" | "ok" | "ms"> {
  readonly result?: Result;
  readonly error?: unknown;
  readonly tls?: TlsSummary | undefined;
}

async function stage<Result>(
  { clock }: Services,
  name: StageAnswer["stage"],
  work: () => Promise<Result>,
): Promise<Stage<Result>> {
  const start = clock().getTime();
  const outcome = await work().then(
    (result) => ({ ok: true, result }),
    (error: unknown) => ({ ok: false, error }),
  );
  return { stage: name, ms: clock().getTime() - start, ...outcome };
}

/** A name that does not resolve, or may not be used, is what the first stage is there to tell. */
function isHostRefused(error: unknown): boolean {
  return isMailError(error) && error.code === "invalid-connection" && error.phase === "connect";
}

async function sendTest(services: Services, { key, connection, to, from }: VerifyRequest): Promise<void> {
  const message = {
    ...(to !== undefined && { to }),
    ...(from !== undefined && { from }),
    subject: "Test message",
    text: "This message was sent to test a connection. It works.",
  };
  await send(services, { key, body: { connection, recipients: undefined, message, issues: [] }, idempotency: null });
}

function toAnswer({ stage, ok, ms, error, tls }: Stage<unknown>, viewer: Viewer): StageAnswer {
  return {
    stage,
    ok,
    ms,
    ...(!ok && { problem: toProblem(error, viewer) }),
    ...(tls !== undefined && viewer.seesConnections && { tls }),
  };
}
