import { createMailer } from "@edgepost/core";
import { type SmtpSessionNamespace, SmtpSessionObject } from "@edgepost/transport-edge/durable-object";

export { SmtpSessionObject };

interface Env {
  readonly SMTP_SESSION: SmtpSessionNamespace;
  readonly SMTP_URL: string; // a secret: smtp://user:password@smtp.acme.com
}

/** One message per request, over a session that stays open from one request to the next. */
export default {
  async fetch(_request: Request, env: Env): Promise<Response> {
    const mailer = createMailer({ transport: SmtpSessionObject.transport(env.SMTP_SESSION, env.SMTP_URL) });
    const receipt = await mailer.send({
      from: "Acme <billing@acme.com>",
      to: "ada@example.com",
      subject: "Over a warm session",
      text: "Connecting, TLS and login were done by an earlier request.",
    });
    return Response.json(receipt);
  },
};
