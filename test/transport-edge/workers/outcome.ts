import { isMailError, type Receipt } from "@edgepost/core";

/** What became of a message, as a Worker can tell it: its receipt, or the facts of its error. */
export type Outcome = { readonly receipt: Receipt } | { readonly error: ErrorFacts };

export interface ErrorFacts {
  readonly code: string;
  readonly phase: string;
  readonly retryable: boolean;
  readonly message: string;
  /** The reply code of the server. */
  readonly reply: number | undefined;
  readonly trace: readonly string[];
  /** The path of each issue. */
  readonly issues: readonly string[];
  /** The address of each recipient that was refused. */
  readonly recipients: readonly string[];
}

export async function outcomeOf(sending: Promise<Receipt>): Promise<Outcome> {
  try {
    return { receipt: await sending };
  } catch (error) {
    return { error: factsOf(error) };
  }
}

export function factsOf(error: unknown): ErrorFacts {
  if (!isMailError(error)) throw error;
  const { code, phase, retryable, message, reply, trace = [], issues = [], recipients = [] } = error;
  return {
    code,
    phase,
    retryable,
    message,
    reply: reply?.code,
    trace,
    issues: issues.map(({ path }) => path),
    recipients: recipients.map(({ address }) => address),
  };
}
