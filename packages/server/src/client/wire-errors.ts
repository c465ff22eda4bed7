import { MailError, type MailErrorCode, type MailPhase } from "@edgepost/core";
import { toPath } from "../http/json-pointer.ts";
import type { ProblemCode, ProblemDetails } from "../http/problem.ts";

/** A problem with a phase was a `MailError` at the endpoint, and becomes the same one here. */
export function toMailError(problem: ProblemDetails): MailError {
  const { code, phase, detail, retryable, reply, rejected, errors } = problem;
  const issues = errors?.map((error) => ({ path: toPath(error.pointer), message: error.detail }));
  if (phase !== undefined) {
    return new MailError(code as MailErrorCode, detail, { phase, retryable, reply, recipients: rejected, issues });
  }
  const [ownCode, ownPhase, mayRetry] = OWN_PROBLEMS[code] ?? ["protocol-error", "input", false];
  return new MailError(ownCode, `The endpoint answered: ${detail}`, { phase: ownPhase, retryable: mayRetry, issues });
}

/** What problems of the endpoint itself mean to someone who sends. All others are a mistake in how it was asked. */
const OWN_PROBLEMS: { readonly [Code in ProblemCode]?: readonly [MailErrorCode, MailPhase, retryable: boolean] } = {
  unauthorized: ["auth-failed", "auth", false],
  forbidden: ["auth-failed", "auth", false],
  "connection-not-found": ["invalid-connection", "input", false],
  "invalid-connection": ["invalid-connection", "input", false],
  "invalid-message": ["invalid-message", "input", false],
  "recipients-suppressed": ["recipients-rejected", "input", false],
  "body-too-large": ["message-too-large", "input", false],
  "rate-limited": ["rate-limited", "input", true],
  unavailable: ["connect-failed", "connect", true],
  "internal-error": ["delivery-unknown", "body", false],
  "request-in-progress": ["delivery-unknown", "body", false],
};

/** Not our endpoint spoke, but something before it, or none at all. A 5xx may hide that the endpoint had sent. */
export function strangeAnswer(status: number): MailError {
  if (status >= 400 && status < 500) {
    const detail = `What answered (HTTP ${status}) is not an edgepost endpoint: check the URL.`;
    return new MailError("protocol-error", detail, { phase: "connect" });
  }
  const detail = `Something else than the endpoint answered (HTTP ${status}): whether the message was sent is not known.`;
  return new MailError("delivery-unknown", detail, { phase: "body", retryable: false });
}

export function answerLost(cause: unknown): MailError {
  const detail = "The endpoint's answer did not arrive: whether the message was sent is not known.";
  return new MailError("delivery-unknown", detail, { phase: "body", retryable: false, cause });
}

export function aborted(signal: AbortSignal): MailError {
  return new MailError("aborted", "The send was aborted before it began.", { phase: "input", cause: signal.reason });
}
