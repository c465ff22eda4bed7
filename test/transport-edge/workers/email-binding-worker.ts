import { createMailer, type MessageInput, type SendOptions } from "@edgepost/core";
import { type EmailBinding, emailBindingTransport } from "@edgepost/transport-edge/email-binding";
import { type Outcome, outcomeOf } from "./outcome.ts";

export interface SendRequest {
  readonly message: MessageInput;
  readonly recipients?: SendOptions["recipients"];
  readonly abortAfterMs?: number;
  /** What a stand-in for the binding says to some recipients: an error with this code, nothing ever, or a bare error. */
  readonly answers?: Readonly<Record<string, string>>;
}

/** What the stand-in was given. */
export interface Given {
  readonly from: string;
  readonly to: string;
  /** Calls under way by then, this one included. */
  readonly atOnce: number;
}

/** Sends through the platform's binding, or through a stand-in that fails as Cloudflare's documentation says it may. */
export default {
  async fetch(request: Request, env: { readonly EMAIL: EmailBinding }): Promise<Response> {
    const { message, recipients, abortAfterMs, answers }: SendRequest = await request.json();
    const given: Given[] = [];
    const mailer = createMailer({
      transport: emailBindingTransport(answers === undefined ? env.EMAIL : standIn(answers, given)),
    });
    const signal = abortAfterMs === undefined ? undefined : AbortSignal.timeout(abortAfterMs);
    const outcome: Outcome = await outcomeOf(mailer.send(message, { recipients, signal }));
    return Response.json({ outcome, given });
  },
};

function standIn(answers: Readonly<Record<string, string>>, given: Given[]): EmailBinding {
  let underWay = 0;
  return {
    async send({ from, to }) {
      given.push({ from, to, atOnce: ++underWay });
      await new Promise((resolve) => setTimeout(resolve, 1));
      underWay--;
      const answer = answers[to];
      if (answer === "never") return new Promise(() => {});
      if (answer !== undefined)
        throw Object.assign(new Error("The binding said no"), answer.startsWith("E_") && { code: answer });
      return { messageId: "…" };
    },
  };
}
