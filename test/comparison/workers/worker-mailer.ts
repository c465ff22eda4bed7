import { WorkerMailer } from "worker-mailer";
import { HURRY_MS, type WorkerRequest } from "../contender.ts";
import { answer } from "./answer.ts";

let kept: WorkerMailer | undefined;

export default {
  async fetch(request: Request): Promise<Response> {
    const { host, port, security, login, hurry, keep, message }: WorkerRequest = await request.json();
    return answer(async () => {
      const mailer =
        (keep && kept) ||
        (await WorkerMailer.connect({
          host,
          port,
          secure: security === "implicit",
          startTls: security !== "none",
          ...(hurry && { socketTimeoutMs: HURRY_MS }), // for replies, too
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
