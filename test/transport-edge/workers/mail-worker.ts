import {
  createMailer,
  isMailError,
  type MessageInput,
  type SendOptions,
  type SmtpConnection,
  type Verification,
} from "@edgepost/core";
import { edgeTransport } from "@edgepost/transport-edge";
import { workerMailerTransport } from "@edgepost/transport-edge/worker-mailer";
import { outcomeOf } from "./outcome.ts";

/** What a test asks of the Worker: these messages, all at once, over one transport. */
export interface SendRequest {
  readonly transport?: "edge" | "worker-mailer";
  readonly connection: SmtpConnection;
  readonly messages: readonly MessageInput[];
  readonly recipients?: SendOptions["recipients"];
  /** Gives up after so many milliseconds. */
  readonly abortAfterMs?: number;
}

/** A Worker that makes its transport anew in each request, and closes it at the end. */
export default {
  async fetch(request: Request): Promise<Response> {
    const { transport, connection, messages, recipients, abortAfterMs }: SendRequest = await request.json();
    const make = transport === "worker-mailer" ? workerMailerTransport : edgeTransport;
    const mailer = createMailer({ transport: make(connection) });
    if (new URL(request.url).pathname === "/verify") return Response.json(summaryOf(await mailer.verify()));

    const signal = abortAfterMs === undefined ? undefined : AbortSignal.timeout(abortAfterMs);
    const sending = messages.map((message) => outcomeOf(mailer.send(message, { recipients, signal })));
    const outcomes = await Promise.all(sending);
    await mailer.close();
    return Response.json(outcomes);
  },
};

/** `connect ok`, or `tls tls-failed`. */
function summaryOf({ stages }: Verification): string[] {
  return stages.map(({ stage, error }) => `${stage} ${isMailError(error) ? error.code : "ok"}`);
}
