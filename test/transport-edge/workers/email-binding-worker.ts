import { createMailer, type MessageInput, type SendOptions } from "@edgepost/core";
import { type EmailBinding, emailBindingTransport } from "@edgepost/transport-edge/email-binding";
import { type Outcome, outcomeOf } from "./outcome.ts";

export interface SendRequest {
  readonly message: MessageInput;
  readonly recipients?: SendOptions["recipients"];
  /**
   * What a stand-in for the binding says to some recipients: an error with this code, a bare error, or
   * `never` anything: the caller gives up when all the others were answered.
   */
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
    const { message, recipients, answers }: SendRequest = await request.json();
    const given: Given[] = [];
    const controller = new AbortController();
    const giveUp = () => controller.abort();
    const binding = answers === undefined ? env.EMAIL : standIn(answers, given, giveUp);
    const mailer = createMailer({ transport: emailBindingTransport(binding) });
    const outcome: Outcome = await outcomeOf(mailer.send(message, { recipients, signal: controller.signal }));
    return Response.json({ outcome, given });
  },
};

function standIn(answers: Readonly<Record<string, string>>, given: Given[], giveUp: () => void): EmailBinding {
  let underWay = 0;
  let isStuck = false;
  return {
    async send({ from, to }) {
      given.push({ from, to, atOnce: ++underWay });
      await new Promise((resolve) => setTimeout(resolve, 1));
      underWay--;
      const answer = answers[to];
      isStuck ||= answer === "never";
      if (isStuck && underWay === 0) setTimeout(giveUp);
      if (answer === "never") return new Promise(() => {});
      if (answer !== undefined)
        throw Object.assign(new Error("The binding said no"), answer.startsWith("E_") && { code: answer });
      return { messageId: "…" };
    },
  };
}
