import { createMailer } from "@edgepost/core";
import { edgeTransport } from "@edgepost/transport-edge";
import { messageOf } from "./large-message.ts";

/** Sends a message of so many MiB, and answers the size in its receipt. */
export default {
  async fetch(request: Request): Promise<Response> {
    const { port, mebibytes }: { port: number; mebibytes: number } = await request.json();
    const mailer = createMailer({ transport: edgeTransport({ host: "localhost", port, security: "none" }) });
    const { size } = await mailer.send(messageOf(mebibytes));
    await mailer.close();
    return Response.json(size);
  },
};
