import { createMailer, type MessageInput } from "@edgepost/core";
import { edgeTransport } from "@edgepost/transport-edge";

/** A Worker that does with each request what the endpoint does in the end: one message over a connection of its own. */
export default {
  async fetch(request: Request): Promise<Response> {
    const { port, message }: { port: number; message: MessageInput } = await request.json();
    const mailer = createMailer({ transport: edgeTransport({ host: "localhost", port, security: "none" }) });
    const receipt = await mailer.send(message);
    await mailer.close();
    return Response.json(receipt);
  },
};
