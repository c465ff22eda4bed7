import type { Dsn, Envelope, SendOptions, SmtpConnection } from "@edgepost/core";
import { FrameReader, writeFrames } from "./frames.ts";

/** What a Worker asks of the object. */
export type Call = SendCall | VerifyCall | AbortCall;

export interface SendCall {
  readonly action: "send";
  readonly id: string;
  readonly connection: SmtpConnection;
  readonly recipients: SendOptions["recipients"];
  readonly envelope: Envelope;
  readonly messageId: string;
  readonly dsn: Dsn | undefined;
  readonly requireTls: boolean;
  readonly needsSmtpUtf8: boolean;
  /** Bytes of the message, where known beforehand. */
  readonly size: number | undefined;
  /** The message as it goes out. */
  readonly body: ReadableStream<Uint8Array>;
}

export interface VerifyCall {
  readonly action: "verify";
  readonly id: string;
  readonly connection: SmtpConnection;
  readonly recipients?: undefined;
}

/** Gives up the call of this id. */
export interface AbortCall {
  readonly action: "abort";
  readonly id: string;
}

/** A call without its message. */
export type Head = Omit<SendCall, "body"> | VerifyCall | AbortCall;

/**
 * A request that carries a call: its facts as JSON in a first frame, then the message in frames, then an empty one.
 * Nothing is in URL or headers, which end in logs.
 */
export function requestOf(head: Head, message?: ReadableStream<Uint8Array>): Request {
  const body = writeFrames(new TextEncoder().encode(JSON.stringify(head)), message);
  // "half" is what the Fetch standard wants said of a body that is streamed.
  const init: RequestInit & { duplex: "half" } = { method: "POST", body, duplex: "half" };
  return new Request("https://smtp-session/", init);
}

/** The call in a request. */
export async function readCall(request: Request): Promise<Call> {
  const frames = new FrameReader(request.body ?? new Blob([]).stream());
  const head: Head = JSON.parse(new TextDecoder().decode(await frames.next()));
  return head.action === "send" ? { ...head, body: frames.stream() } : head;
}
