import { createTransport } from "nodemailer";
import type { WorkerRequest } from "../contender.ts";
import { answer } from "./answer.ts";

let kept: ReturnType<typeof createTransport> | undefined;

export default {
  async fetch(request: Request): Promise<Response> {
    const { host, port, security, serverName, keep = false, message }: WorkerRequest = await request.json();
    return answer(async () => {
      const options = { host, port, secure: security === "implicit", tls: { servername: serverName }, pool: keep };
      const transporter = (keep && kept) || createTransport(options);
      if (keep) kept = transporter;
      await transporter.sendMail({
        from: "sender@example.com",
        to: "ada@example.com",
        text: "Hello",
        subject: message.subject,
      });
    });
  },
};
