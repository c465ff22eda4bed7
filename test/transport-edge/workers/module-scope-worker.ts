import { env } from "cloudflare:workers";
import { createMailer } from "@edgepost/core";
import { edgeTransport } from "@edgepost/transport-edge";

// One mailer for all requests, made when the module loads: what people write first, and what must not hang.
const mailer = createMailer({
  transport: edgeTransport({ host: "localhost", port: env.SMTP_PORT, security: "none" }),
  defaults: { from: "worker@example.com" },
});

export default {
  async fetch(request: Request): Promise<Response> {
    const url = new URL(request.url);
    if (url.pathname === "/close") {
      await mailer.close();
      return Response.json(null);
    }
    const { name, messages, inTurn }: { name: string; messages: number; inTurn: boolean } = await request.json();
    const send = async (index: number): Promise<string> => {
      try {
        const { accepted } = await mailer.send({ to: `${name}@example.com`, subject: `${name} ${index}`, text: "…" });
        return accepted.join();
      } catch (error) {
        return String(error);
      }
    };
    const outcomes: string[] = [];
    if (inTurn) for (let index = 0; index < messages; index++) outcomes.push(await send(index));
    else outcomes.push(...(await Promise.all(Array.from({ length: messages }, (_, index) => send(index)))));
    return Response.json(outcomes);
  },
};
