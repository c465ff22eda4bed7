import { createMailer, isMailError, type MessageInput, type SendOptions, type SmtpConnection } from "@edgepost/core";
import { type SmtpSessionNamespace, SmtpSessionObject } from "@edgepost/transport-edge/durable-object";
import { abortWhen } from "./abort-when.ts";
import { outcomeOf } from "./outcome.ts";

export { SmtpSessionObject };

export interface SendRequest {
  readonly connection: SmtpConnection;
  readonly messages: readonly MessageInput[];
  readonly recipients?: SendOptions["recipients"];
  /** Gives up when this URL has answered. */
  readonly abortWhen?: string;
  /** Bytes of a streamed attachment to add to each message. */
  readonly streamBytes?: number;
  /** Tokens a token function gives, one after the other. */
  readonly tokens?: readonly string[];
}

/** A Worker whose every request sends through the one object of its connection. */
export default {
  async fetch(request: Request, env: { readonly SMTP_SESSION: SmtpSessionNamespace }): Promise<Response> {
    const asked: SendRequest = await request.json();
    const { connection, messages, recipients, streamBytes, tokens } = asked;
    const transport = SmtpSessionObject.transport(env.SMTP_SESSION, withTokens(connection, tokens));
    const mailer = createMailer({ transport });
    if (new URL(request.url).pathname === "/verify") {
      const { stages } = await mailer.verify();
      return Response.json(stages.map(({ stage, error }) => `${stage} ${isMailError(error) ? error.code : "ok"}`));
    }
    const signal = abortWhen(asked.abortWhen);
    const sending = messages.map((message) =>
      outcomeOf(mailer.send(withStream(message, streamBytes), { recipients, signal })),
    );
    return Response.json(await Promise.all(sending));
  },
};

function withTokens(connection: SmtpConnection, tokens: readonly string[] | undefined): SmtpConnection {
  if (tokens === undefined) return connection;
  const left = [...tokens];
  return { ...connection, auth: { username: "ada", accessToken: () => left.shift() ?? "" } };
}

function withStream(message: MessageInput, bytes: number | undefined): MessageInput {
  if (bytes === undefined) return message;
  let left = bytes;
  const content = new ReadableStream<Uint8Array>({
    pull(controller) {
      const chunk = new Uint8Array(Math.min(left, 65_536)).fill(97);
      left -= chunk.length;
      if (chunk.length > 0) controller.enqueue(chunk);
      if (left === 0) controller.close();
    },
  });
  return { ...message, attachments: [{ filename: "stream.txt", contentType: "text/plain", content }] };
}
