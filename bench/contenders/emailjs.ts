import { SMTPClient } from "emailjs";
import type { Contender } from "../harness/bench.ts";
import { type Letter, type SendTask, sendInLanes } from "../work/sending.ts";

/** A client has one connection, so there is one for each lane; cold, one for each message. */
export default {
  name: "emailjs",
  async open(task) {
    const clients = Array.from({ length: task.connections }, () => createClient(task));
    return sendInLanes(task, {
      async send(letter, lane) {
        const client = task.isCold ? createClient(task) : clients[lane];
        await client?.sendAsync(compose(letter));
        if (task.isCold) client?.smtp.close();
      },
      close: async () => {
        for (const client of clients) client.smtp.close();
      },
    });
  },
} satisfies Contender<SendTask>;

function createClient({ port, secure }: SendTask): SMTPClient {
  return new SMTPClient({
    host: "127.0.0.1",
    port,
    ...(secure !== undefined && {
      tls: { ca: secure.ca },
      user: secure.username,
      password: secure.password,
      authentication: ["PLAIN"],
    }),
  });
}

function compose({ from, to, subject, text, html }: Letter) {
  return { from, to, subject, text, attachment: [{ data: html, alternative: true }] };
}
