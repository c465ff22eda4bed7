import { createMailer, isMailError, type MessageInput, type SendOptions, type SmtpConnection } from "@edgepost/core";
import { edgeTransport } from "@edgepost/transport-edge";

/** What a test asks of the Worker: these messages, all at once, over one transport. */
export interface SendRequest {
  readonly connection: SmtpConnection;
  readonly messages: readonly MessageInput[];
  readonly recipients?: SendOptions["recipients"];
}

/** What became of each message: its receipt, or the facts of its error. */
export type Sent = { readonly receipt: Receipt } | { readonly error: ErrorFacts };

type Receipt = Awaited<ReturnType<ReturnType<typeof createMailer>["send"]>>;

export interface ErrorFacts {
  readonly code: string;
  readonly phase: string;
  readonly retryable: boolean;
  readonly message: string;
  readonly issues: readonly string[];
  readonly recipients: readonly string[];
}

export default {
  async fetch(request: Request): Promise<Response> {
    const { connection, messages, recipients }: SendRequest = await request.json();
    const mailer = createMailer({ transport: edgeTransport(connection) });
    const sent = await Promise.all(messages.map((message) => settle(mailer.send(message, { recipients }))));
    await mailer.close();
    return Response.json(sent);
  },
};

async function settle(sending: Promise<Receipt>): Promise<Sent> {
  try {
    return { receipt: await sending };
  } catch (error) {
    return { error: factsOf(error) };
  }
}

function factsOf(error: unknown): ErrorFacts {
  if (!isMailError(error)) throw error;
  const { code, phase, retryable, message, issues = [], recipients = [] } = error;
  return {
    code,
    phase,
    retryable,
    message,
    issues: issues.map(({ path }) => path),
    recipients: recipients.map(({ address }) => address),
  };
}
