import { createMailer } from "@edgepost/core";
import { edgeTransport } from "@edgepost/transport-edge";

interface Env {
  readonly SMTP_URL: string;
}

/** Written for Cloudflare Workers. Here a development server runs it in Node: the same import finds Node's sockets. */
export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    await using mailer = createMailer({ transport: edgeTransport(env.SMTP_URL) });
    const receipt = await mailer.send({
      from: "Acme <billing@acme.com>",
      to: "ada@example.com",
      subject: `Hello from ${new URL(request.url).pathname}`,
      text: "From a Node development server, by the code that goes to the edge.",
    });
    return Response.json(receipt);
  },
};
