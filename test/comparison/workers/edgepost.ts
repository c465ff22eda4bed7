import { createMailer, type Mailer } from "@edgepost/core";
import { edgeTransport } from "@edgepost/transport-edge";
import type { WorkerRequest } from "../contender.ts";
import { answer } from "./answer.ts";

let kept: Mailer | undefined;

export default {
  async fetch(request: Request): Promise<Response> {
    const { host, port, security, keep, message }: WorkerRequest = await request.json();
    return answer(async () => {
      const mailer = (keep && kept) || createMailer({ transport: edgeTransport({ host, port, security }) });
      if (keep) kept = mailer;
      await mailer.send({ from: "sender@example.com", to: "ada@example.com", text: "Hello", ...message });
    });
  },
};
