import { edgeTransport } from "@edgepost/transport-edge";
import { sendStream } from "./send-stream.ts";

/** Sends one message with an attachment of so many MiB to a port of this machine. */
export default {
  async fetch(request: Request): Promise<Response> {
    const { port, mebibytes } = (await request.json()) as { port: number; mebibytes: number };
    return Response.json(await sendStream(edgeTransport({ host: "127.0.0.1", port, security: "none" }), mebibytes));
  },
};
