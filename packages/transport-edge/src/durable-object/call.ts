import type { Dsn, Envelope, SendOptions, SmtpConnection } from "@edgepost/core";

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

type Head = Omit<SendCall, "body"> | VerifyCall | AbortCall;

/** A request that carries a call: its facts as JSON behind their length, then the message. Nothing is in URL or headers. */
export function requestOf(head: Head, body?: ReadableStream<Uint8Array>): Request {
  const json = new TextEncoder().encode(JSON.stringify(head));
  const frame = new Uint8Array(LENGTH_BYTES + json.length);
  new DataView(frame.buffer).setUint32(0, json.length);
  frame.set(json, LENGTH_BYTES);
  // "half" is what the Fetch standard wants said of a body that is streamed.
  const init: RequestInit & { duplex: "half" } = { method: "POST", duplex: "half" };
  return new Request("https://smtp-session/", { ...init, body: body === undefined ? frame : behind(frame, body) });
}

/** The call in a request; what follows its facts is the body. */
export async function readCall(request: Request): Promise<Call> {
  const body: ReadableStream<Uint8Array> = request.body ?? new Blob([]).stream();
  const reader = body.getReader();
  const readExactly = async (length: number, start: Uint8Array): Promise<[Uint8Array, Uint8Array]> => {
    let bytes = start;
    while (bytes.length < length) {
      const { done, value } = await reader.read();
      if (done) throw new Error("The call is cut off.");
      bytes = join(bytes, value);
    }
    return [bytes.subarray(0, length), bytes.subarray(length)];
  };

  const [prefix, behindPrefix] = await readExactly(LENGTH_BYTES, new Uint8Array());
  const length = new DataView(prefix.buffer, prefix.byteOffset).getUint32(0);
  const [json, rest] = await readExactly(length, behindPrefix);
  const head: Head = JSON.parse(new TextDecoder().decode(json));
  reader.releaseLock();
  return head.action === "send" ? { ...head, body: behind(rest, body) } : head;
}

const LENGTH_BYTES = 4;

function behind(first: Uint8Array, rest: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
  const reader = rest.getReader();
  return new ReadableStream({
    start: (controller) => {
      if (first.length > 0) controller.enqueue(first);
    },
    pull: async (controller) => {
      const { done, value } = await reader.read();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: (reason) => reader.cancel(reason),
  });
}

function join(first: Uint8Array, second: Uint8Array): Uint8Array {
  const whole = new Uint8Array(first.length + second.length);
  whole.set(first);
  whole.set(second, first.length);
  return whole;
}
