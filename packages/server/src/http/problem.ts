import type { Issue, MailErrorCode, MailPhase, RejectedRecipient, SmtpReply } from "@edgepost/core";
import { isMailError, type MailError } from "@edgepost/core";
import { toPointer } from "./json-pointer.ts";

/**
 * Every way a request can fail, and what it means in HTTP. The rule behind the statuses:
 *
 * - 422 and the other 4xx before it: the request is at fault. Change it, then send it again.
 * - 424: the mail server read the message and refused it for good. The same message will be refused again.
 * - 429, 503: nothing was sent; the same request may succeed later.
 * - 502: the connection does not work. Nothing was sent; someone has to look at its settings or its server.
 * - 504: no answer in time. After `timeout` nothing was sent; after `delivery-unknown` nobody can know.
 *
 * A mail server that asks to try later (a 4yz reply) is always a 503, whatever the row says.
 */
const PROBLEMS = {
  "malformed-body": [400, "The body cannot be read"],
  "invalid-request": [400, "The request cannot be understood"],
  unauthorized: [401, "An API key is required"],
  forbidden: [403, "This API key may not do that"],
  "not-found": [404, "There is nothing here"],
  "connection-not-found": [404, "There is no such connection"],
  "method-not-allowed": [405, "This method is not allowed here"],
  "not-acceptable": [406, "The answer can only be JSON"],
  conflict: [409, "Somebody else was there before"],
  "request-in-progress": [409, "The same request is being worked on"],
  "idempotency-key-reused": [422, "This idempotency key belongs to another request"],
  "body-too-large": [413, "The body is too large"],
  "unsupported-media-type": [415, "The body has a type that is not read here"],
  "internal-error": [500, "Something went wrong on our side"],
  unavailable: [503, "The server is not taking requests"],

  "recipients-suppressed": [422, "Every recipient is on the suppression list"],
  "invalid-body": [422, "The body says something that cannot be done"],
  "invalid-message": [422, "The message cannot be sent"],
  "invalid-connection": [422, "The connection cannot be used"],
  unsupported: [422, "Something was asked for that cannot be done here"],
  "message-too-large": [413, "The message is too large"],
  "smtputf8-unsupported": [424, "The mail server does not take internationalised addresses"],
  "attachment-failed": [424, "An attachment could not be read"],
  "sender-rejected": [424, "The mail server refused the sender"],
  "recipients-rejected": [424, "The mail server refused every recipient"],
  "message-rejected": [424, "The mail server refused the message"],
  "connect-failed": [502, "The mail server could not be reached"],
  "tls-failed": [502, "No secure connection to the mail server"],
  "tls-required": [502, "The mail server offers no TLS"],
  "auth-failed": [502, "The mail server refused the credentials"],
  "auth-unsupported": [502, "The mail server offers no usable authentication"],
  "auth-insecure": [502, "Credentials would have left in clear text"],
  "greeting-rejected": [502, "The mail server takes no connections"],
  "connection-lost": [502, "The mail server closed the connection"],
  "protocol-error": [502, "The mail server does not speak SMTP as it should"],
  "rate-limited": [429, "Too many requests"],
  timeout: [504, "The mail server did not answer in time"],
  "delivery-unknown": [504, "It is not known whether the message was accepted"],
  aborted: [503, "The send was aborted"],
  closed: [503, "The server is closing"],
} as const satisfies Record<MailErrorCode, Row> & Record<string, Row>;

type Row = readonly [status: number, title: string];

/** The words of a `MailError`, and those of the endpoint itself. */
export type ProblemCode = keyof typeof PROBLEMS;

export const PROBLEM_CODES = Object.keys(PROBLEMS) as readonly ProblemCode[];

export function titleOf(code: ProblemCode): Row {
  return PROBLEMS[code];
}

/** An RFC 9457 problem, served as `application/problem+json`. */
export interface ProblemDetails {
  /** Names the kind of problem, and leads to its description. */
  readonly type: string;
  /** The kind of problem, for humans; always the same for a code. */
  readonly title: string;
  /** The HTTP status, repeated. */
  readonly status: number;
  /** What happened this time, for humans. */
  readonly detail: string;
  /** This very request: `urn:uuid:` and the `X-Request-Id`. */
  readonly instance: string;
  /** The stable word to switch on. */
  readonly code: ProblemCode;
  /** How far the message had come. */
  readonly phase?: MailPhase;
  /** Whether the same request may succeed later and cannot deliver twice. */
  readonly retryable?: boolean;
  /** The mail server's answer, where it gave one and the caller may know. */
  readonly reply?: SmtpReply;
  /** Who was refused, each with the reply. */
  readonly rejected?: readonly RejectedRecipient[];
  /** Every single thing that is wrong with the request. */
  readonly errors?: readonly ProblemIssue[];
}

/** One thing that is wrong with a request. */
export interface ProblemIssue {
  /** A JSON Pointer (RFC 6901) into the body; empty for the whole. */
  readonly pointer: string;
  /** What is wrong and what to do. */
  readonly detail: string;
}

/** A problem with a request, found by the server itself before core was asked. */
export class RequestProblem extends Error {
  override readonly name = "RequestProblem";
  readonly code: ProblemCode;
  readonly errors: readonly ProblemIssue[] | undefined;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    code: ProblemCode,
    detail: string,
    facts: { errors?: readonly ProblemIssue[]; headers?: Readonly<Record<string, string>> } = {},
  ) {
    super(detail);
    this.code = code;
    this.errors = facts.errors;
    this.headers = facts.headers ?? {};
  }
}

/** Who is told of a problem. */
export interface Viewer {
  readonly requestId: string;
  /**
   * Whether he may know how a connection failed. Who may not is told the stage alone: what a server said, or how long it
   * was silent, would tell him of machines he was not meant to see.
   */
  readonly seesConnections: boolean;
}

/** Says what went wrong. An error nobody foresaw becomes a 500 that tells nothing of the inside. */
export function toProblem(error: unknown, { requestId, seesConnections }: Viewer): ProblemDetails {
  if (isMailError(error)) {
    const problem = { ...describe(error.code, error.message, requestId), ...mailFacts(error) };
    return seesConnections || !BEFORE_THE_MESSAGE.has(error.phase) ? problem : withoutDialogue(problem);
  }
  if (error instanceof RequestProblem) {
    return {
      ...describe(error.code, error.message, requestId),
      ...(error.errors !== undefined && { errors: error.errors }),
    };
  }
  return describe("internal-error", "The request failed. Its id stands in the server's log.", requestId);
}

export function problemResponse(error: unknown, viewer: Viewer): Response {
  const problem = toProblem(error, viewer);
  return new Response(JSON.stringify(problem), {
    status: problem.status,
    headers: {
      ...(error instanceof RequestProblem && error.headers),
      "content-type": "application/problem+json",
    },
  });
}

function describe(code: ProblemCode, detail: string, requestId: string): ProblemDetails {
  const [status, title] = PROBLEMS[code];
  return { type: `/docs#problem-${code}`, title, status, detail, instance: `urn:uuid:${requestId}`, code };
}

/** Phases in which a connection is made, and no message is under way. */
const BEFORE_THE_MESSAGE: ReadonlySet<MailPhase> = new Set(["connect", "greeting", "ehlo", "tls", "auth", "idle"]);

function withoutDialogue({ reply: _, ...problem }: ProblemDetails): ProblemDetails {
  return { ...problem, detail: `${problem.title}.` };
}

function mailFacts(error: MailError): Partial<ProblemDetails> {
  const askedToWait = error.retryable && error.reply !== undefined;
  return {
    ...(askedToWait && { status: 503 }),
    phase: error.phase,
    retryable: error.retryable,
    ...(error.reply !== undefined && { reply: error.reply }),
    ...(error.recipients !== undefined && { rejected: error.recipients }),
    ...(error.issues !== undefined && { errors: error.issues.map(toProblemIssue) }),
  };
}

function toProblemIssue({ path, message }: Issue): ProblemIssue {
  return { pointer: toPointer(path), detail: message };
}
