import MailComposer from "nodemailer/lib/mail-composer";
import SMTPConnection from "nodemailer/lib/smtp-connection";
import type { Contender } from "../harness/bench.ts";
import { nodemailerOptions } from "../work/nodemailer-options.ts";
import { type Letter, type SendTask, sendInLanes } from "../work/sending.ts";

/** nodemailer's parts put together by hand: its message composer and a bare SMTP connection for each lane. */
export default {
  name: "nodemailer connection",
  async open(task) {
    const connections = await Promise.all(Array.from({ length: task.connections }, () => connect(task)));
    return sendInLanes(task, {
      send: async (letter, lane) => {
        const connection = connections[lane];
        if (connection === undefined) throw new Error(`There is no lane ${lane}.`);
        await send(connection, letter);
      },
      close: async () => {
        for (const connection of connections) connection.quit();
      },
    });
  },
} satisfies Contender<SendTask>;

function connect(task: SendTask): Promise<SMTPConnection> {
  const connection = new SMTPConnection(nodemailerOptions(task));
  return new Promise((resolve, reject) => {
    connection.once("error", reject);
    connection.connect(() => {
      const { secure } = task;
      if (secure === undefined) return resolve(connection);
      const credentials = { user: secure.username, pass: secure.password };
      connection.login({ credentials }, (error) => (error ? reject(error) : resolve(connection)));
    });
  });
}

function send(connection: SMTPConnection, letter: Letter): Promise<void> {
  const message = new MailComposer(letter).compile();
  return new Promise((resolve, reject) => {
    connection.send(message.getEnvelope(), message.createReadStream(), (error) => (error ? reject(error) : resolve()));
  });
}
