import { RequestProblem } from "../http/problem.ts";
import type { DeliveryAttempt, DeliveryRecord, WebhookRecord } from "../store/webhook-record.ts";
import { signatureHeaders } from "./signature.ts";
import type { TargetPolicy } from "./target-policy.ts";

/** A receiver writes an event down and answers; what takes longer it does afterwards. */
const TIMEOUT_MS = 15_000;

export interface DeliverOptions {
  readonly target: TargetPolicy;
  readonly fetch: typeof fetch;
  readonly clock: () => Date;
}

/**
 * Makes one request, and says what came of it. Only 2xx is taken for an answer: a redirect is not followed, since it may lead
 * anywhere. Of the answer only the status is read.
 */
export async function deliver(
  { url }: Pick<WebhookRecord, "url">,
  { id, payload }: Pick<DeliveryRecord, "id" | "payload">,
  secrets: readonly string[],
  { target, fetch, clock }: DeliverOptions,
): Promise<DeliveryAttempt> {
  const at = clock();
  const ended = (status: number | null, error: string | null): DeliveryAttempt => ({
    at: at.getTime(),
    ms: clock().getTime() - at.getTime(),
    status,
    error,
  });
  try {
    await target.check(url);
    const signature = await signatureHeaders({ id, at, body: payload }, secrets);
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json", "user-agent": "edgepost", ...signature },
      body: payload,
      redirect: "manual",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const { status } = response;
    await response.body?.cancel().catch(() => {});
    return ended(status, status >= 200 && status < 300 ? null : refusalOf(status));
  } catch (error) {
    return ended(null, failureOf(error));
  }
}

function refusalOf(status: number): string {
  if (status >= 300 && status < 400) return `It answered ${status}, and redirects are not followed.`;
  return `It answered ${status}.`;
}

/** No more than this: what else an error says could draw a map of the network. */
function failureOf(error: unknown): string {
  if (error instanceof RequestProblem) return error.message;
  const isTimeout = error instanceof Error && error.name === "TimeoutError";
  return isTimeout ? `It did not answer within ${TIMEOUT_MS / 1000} s.` : "It could not be reached.";
}
