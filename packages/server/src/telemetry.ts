import { isMailError, type Receipt } from "@edgepost/core";

/** What of OpenTelemetry is used: `trace.getTracer("edgepost")` of `@opentelemetry/api` fits as it is. */
export interface Telemetry {
  /** Begins a span for each attempt. */
  readonly tracer: Tracer;
}

/** Begins spans. */
export interface Tracer {
  /** `kind` is a `SpanKind`. What it throws is ignored: an observer cannot undo a delivery. */
  startSpan(name: string, options: { readonly kind: number; readonly attributes: SpanAttributes }): Span;
}

/** One of them. */
export interface Span {
  /** Adds to those the span began with. */
  setAttributes(attributes: SpanAttributes): unknown;
  /** `code` is a `SpanStatusCode`; only told of attempts that failed. */
  setStatus(status: { readonly code: number }): unknown;
  /** Called once, whatever became of the attempt. */
  end(): void;
}

/** Never an address, a subject or anything secret. */
export type SpanAttributes = Record<string, string | number>;

/** `SpanKind.CLIENT` and `SpanStatusCode.ERROR` of `@opentelemetry/api`. */
const CLIENT = 2;
const ERROR = 2;

/** Which attempt, over which mail server. */
export interface TracedAttempt {
  readonly id: string;
  readonly number: number;
  readonly host: string;
}

/** Makes an attempt a span. What a tracer throws is ignored: an observer cannot undo a delivery. */
export async function traceAttempt(
  telemetry: Telemetry | undefined,
  { id, number, host }: TracedAttempt,
  send: () => Promise<Receipt>,
): Promise<Receipt> {
  if (telemetry === undefined) return send();
  const attributes = { "server.address": host, "edgepost.message_id": id, "edgepost.attempt": number };
  const span = observe(() => telemetry.tracer.startSpan("edgepost.attempt", { kind: CLIENT, attributes }));
  try {
    const receipt = await send();
    const { accepted, rejected, reply } = receipt;
    const counts = { "edgepost.accepted": accepted.length, "edgepost.rejected": rejected.length };
    observe(() => span?.setAttributes({ ...counts, ...(reply && { "smtp.reply.code": reply.code }) }));
    return receipt;
  } catch (error) {
    observe(() => span?.setStatus({ code: ERROR }));
    observe(() => span?.setAttributes(factsOf(error)));
    throw error;
  } finally {
    observe(() => span?.end());
  }
}

function factsOf(error: unknown): SpanAttributes {
  if (!isMailError(error)) return { "error.type": "internal-error" };
  const { code, phase, reply } = error;
  return { "error.type": code, "edgepost.phase": phase, ...(reply && { "smtp.reply.code": reply.code }) };
}

function observe<Result>(look: () => Result): Result | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}
