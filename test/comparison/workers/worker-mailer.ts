import { WorkerMailer } from "worker-mailer";
import type { WorkerRequest } from "../contender.ts";
import { answer } from "./answer.ts";

let kept: WorkerMailer | undefined;

export default {
  async fetch(request: Request): Promise<Response> {
    const { host, port, security, login, keep, message }: WorkerRequest = await request.json();
    return answer(async () => {
      const mailer =
        (keep && kept) ||
        (await WorkerMailer.connect({
          host,
          port,
          secure: security === "implicit",
          startTls: security !== "none",
          socketTimeoutMs: 1_000, // for replies, too
          ...(login && { credentials: login, authType: (login.method ?? "plain") as "plain" }),
        }));
      if (keep) kept = mailer;
      const { fromName, to = ["ada@example.com"], bcc, subject = "Hello", filename } = message;
      await mailer.send({
        from: { email: "sender@example.com", ...(fromName && { name: fromName }) },
        to: [...to],
        subject,
        text: "Hello",
        ...(bcc && { bcc }),
        ...(filename && { attachments: [{ filename, content: btoa("content") }] }),
      });
    });
  },
};
