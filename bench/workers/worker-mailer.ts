import { WorkerMailer } from "worker-mailer";
import { inLanes, type SendTask } from "../work/sending.ts";

/** It sends one message after the other over the connection of a mailer: a mailer for each lane. */
export default {
  async fetch(request: Request): Promise<Response> {
    const task: SendTask = await request.json();
    // It logs in wherever that is offered, or gives up: one round trip for each connection.
    const login = { authType: "plain", credentials: { username: "a", password: "b" } } as const;
    const options = { host: "localhost", port: task.port, secure: false, startTls: false, ...login };
    const mailers = await Promise.all(Array.from({ length: task.connections }, () => WorkerMailer.connect(options)));
    await inLanes(task, async ({ subject, text, html }, lane) => {
      const from = { name: "Acme", email: "billing@acme.example" };
      const to = { name: "Ada Lovelace", email: "ada@example.com" };
      await mailers[lane]?.send({ from, to, subject, text, html });
    });
    await Promise.all(mailers.map((mailer) => mailer.close()));
    return Response.json("sent");
  },
};
