import type { Receipt } from "../receipt.ts";

/**
 * What nodemailer answers, which the platforms built on it hand on. Its two times are left out, which no receipt has, and
 * so is the envelope, whose recipients are the accepted and the rejected.
 */
export interface NodemailerAnswer {
  readonly accepted: readonly string[];
  readonly rejected: readonly string[];
  readonly messageSize: number;
  /** `250 2.0.0 OK …` */
  readonly response: string;
  readonly messageId: string;
}

export function answerLikeNodemailer({ accepted, rejected, size, reply, messageId }: Receipt): NodemailerAnswer {
  return {
    accepted,
    rejected: rejected.map(({ address }) => address),
    messageSize: size,
    response: [reply?.code, reply?.enhancedCode, reply?.text].filter((part) => part !== undefined).join(" "),
    messageId,
  };
}
