import { createMessage } from "@upyo/core";
import { SmtpTransport } from "@upyo/smtp";
import type { WorkerRequest } from "../contender.ts";
import { answer } from "./answer.ts";

let kept: SmtpTransport | undefined;

export default {
  async fetch(request: Request): Promise<Response> {
    const { host, port, security, keep = false }: WorkerRequest = await request.json();
    return answer(async () => {
      const options = { host, port, secure: security === "implicit", pool: keep, socketTimeout: 4_000 };
      const transport = (keep && kept) || new SmtpTransport(options);
      if (keep) kept = transport;
      const content = { text: "Hello" };
      const message = createMessage({ from: "sender@example.com", to: "ada@example.com", subject: "Hello", content });
      const receipt = await transport.send(message);
      if (!receipt.successful) throw new Error(receipt.errorMessages.join());
    });
  },
};
