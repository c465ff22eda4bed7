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
import { abortWhen } from "./abort-when.ts";
import { type Outcome, outcomeOf } from "./outcome.ts";

/** What a test asks of the Worker: these messages, all at once, over one transport. */
export interface SendRequest {
  readonly transport?: "edge" | "worker-mailer";
  readonly connection: SmtpConnection;
  readonly messages: readonly MessageInput[];
  readonly recipients?: SendOptions["recipients"];
  /** Between messages sent one after the other, at `/in-turn`. */
  readonly pauseMs?: number;
  /** Gives up when this URL has answered. */
  readonly abortWhen?: string;
}

/** A Worker that makes its transport anew in each request, and closes it at the end. */
export default {
  async fetch(request: Request): Promise<Response> {
    const asked: SendRequest = await request.json();
    const { transport, connection, messages, recipients, pauseMs = 0 } = asked;
    const make = transport === "worker-mailer" ? workerMailerTransport : edgeTransport;
    const mailer = createMailer({ transport: make(connection) });
    const { pathname } = new URL(request.url);
    if (pathname === "/verify") return Response.json(summaryOf(await mailer.verify()));

    const signal = abortWhen(asked.abortWhen);
    const send = (message: MessageInput) => outcomeOf(mailer.send(message, { recipients, signal }));
    const outcomes: Outcome[] = [];
    if (pathname === "/in-turn") {
      for (const message of messages) {
        if (outcomes.length > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
        outcomes.push(await send(message));
      }
    } else {
      outcomes.push(...(await Promise.all(messages.map(send))));
    }
    await mailer.close();
    return Response.json(outcomes);
  },
};

/** `connect ok`, or `tls tls-failed`. */
function summaryOf({ stages }: Verification): string[] {
  return stages.map(({ stage, error }) => `${stage} ${isMailError(error) ? error.code : "ok"}`);
}
