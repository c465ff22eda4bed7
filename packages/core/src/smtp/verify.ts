import { isMailError } from "../errors.ts";
import type { TlsSummary, Verification, VerificationStage, VerificationStageName } from "../receipt.ts";
import { startDeadline } from "../util/deadline.ts";
import { type OpenOptions, openSession } from "./open-session.ts";
import type { Connect } from "./socket.ts";

/** The order stages are told in. EHLO comes before and after STARTTLS, and counts as one stage. */
const ORDER: readonly VerificationStageName[] = ["connect", "tls", "ehlo", "auth"];

/** Opens a session as a message would, says goodbye, and tells how each stage went. Resolves in any case. */
export async function verifySession(
  connect: Connect,
  options: OpenOptions,
  signal: AbortSignal | undefined,
): Promise<Verification> {
  const deadline = startDeadline(options.connection.timeouts.totalMs, signal);
  const durations = new Map<VerificationStageName, number>();
  let stage: VerificationStageName = "connect";
  let since = performance.now();
  const onStage = (next: VerificationStageName) => {
    const now = performance.now();
    durations.set(stage, (durations.get(stage) ?? 0) + now - since);
    stage = next;
    since = now;
  };
  let tls: TlsSummary | undefined;
  const onSecured = (summary: TlsSummary | undefined) => {
    tls = summary;
  };
  const isImplicit = options.connection.security === "implicit";
  try {
    const session = await openSession(connect, { ...options, onStage, onSecured }, deadline.signal);
    onStage(stage);
    if (isImplicit) durations.set("tls", 0); // a part of connecting, without a time of its own
    void session.quit();
    return { ok: true, stages: list(durations, tls), capabilities: session.capabilities.keywords };
  } catch (error) {
    onStage(stage);
    // On Workers a handshake after STARTTLS fails at the first reply under it, which is the one to EHLO.
    const isHandshake = isMailError(error) && error.code === "tls-failed";
    if (isImplicit && (isHandshake || stage !== "connect")) durations.set("tls", 0);
    return { ok: false, stages: listFailed(list(durations, tls), isHandshake ? "tls" : stage, error) };
  } finally {
    deadline.end();
  }
}

function list(durations: ReadonlyMap<VerificationStageName, number>, tls: TlsSummary | undefined): VerificationStage[] {
  return ORDER.filter((stage) => durations.has(stage)).map((stage) => ({
    stage,
    ok: true,
    ms: Math.round(durations.get(stage) ?? 0),
    ...(stage === "tls" && tls !== undefined && { tls }),
  }));
}

/** Up to the stage that failed. */
function listFailed(
  stages: readonly VerificationStage[],
  failed: VerificationStageName,
  error: unknown,
): VerificationStage[] {
  const index = stages.findIndex(({ stage }) => stage === failed);
  return stages
    .slice(0, index + 1)
    .map((stage) =>
      stage.stage === failed
        ? { ...stage, ok: false, error: error instanceof Error ? error : new Error(String(error)) }
        : stage,
    );
}
