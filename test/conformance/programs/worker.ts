import { edgeTransport } from "@edgepost/transport-edge";
import { workerMailerTransport } from "@edgepost/transport-edge/worker-mailer";
import { type PerformRequest, perform, type Transports } from "../perform.ts";

/** What sends over Cloudflare's sockets. */
const transports: Transports = { edgeTransport, workerMailerTransport };

export default {
  async fetch(request: Request): Promise<Response> {
    const asked: PerformRequest = await request.json();
    return Response.json(await perform(transports, asked));
  },
};
