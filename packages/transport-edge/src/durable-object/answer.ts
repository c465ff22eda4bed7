import { isMailError, MailError, type MailErrorCode, type MailErrorFacts, type Verification } from "@edgepost/core";

/** What the object answers, as JSON: a value, or a `MailError` by its facts. Errors lose their class on the way. */
export type Answer = { readonly value: unknown } | { readonly error: ErrorFacts };

type ErrorFacts = MailErrorFacts & { readonly code: MailErrorCode; readonly message: string };

export function answerWith(value: unknown): Answer {
  return { value: isVerification(value) ? withErrors(value, factsOf) : value };
}

/** Only our own errors are answers. Anything else is a fault of the object, and the caller's fetch fails. */
export function answerError(error: unknown): Answer {
  if (!isMailError(error)) throw error;
  return { error: factsOf(error) };
}

/** The value of an answer. @throws the `MailError` it holds. */
export function readAnswer(answer: Answer): unknown {
  if ("error" in answer) throw errorOf(answer.error);
  return isVerification(answer.value) ? withErrors(answer.value, errorOf) : answer.value;
}

function factsOf(error: unknown): ErrorFacts {
  if (!isMailError(error)) throw error;
  const { code, message, phase, retryable, reply, recipients, issues, trace } = error;
  return { code, message, phase, retryable, reply, recipients, issues, trace };
}

function errorOf(facts: unknown): MailError {
  const { code, message, ...rest } = facts as ErrorFacts;
  return new MailError(code, message, rest);
}

function isVerification(value: unknown): value is Verification {
  return typeof value === "object" && value !== null && "stages" in value;
}

function withErrors(verification: Verification, convert: (error: unknown) => unknown): unknown {
  const stages = verification.stages.map((stage) =>
    stage.error === undefined ? stage : { ...stage, error: convert(stage.error) },
  );
  return { ...verification, stages };
}
