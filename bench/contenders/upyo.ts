import { createMessage } from "@upyo/core";
import { SmtpTransport } from "@upyo/smtp";
import type { Contender } from "../harness/bench.ts";
import { type Letter, letter, type SendTask } from "../work/sending.ts";

/** Its pool, and warm as its documentation says for many: `sendMany`, which has one connection, once for each connection. */
export default {
  name: "upyo",
  async open({ port, connections, messages, recipients, isCold, secure }) {
    const transport = new SmtpTransport({
      host: "127.0.0.1",
      port,
      secure: false,
      pool: !isCold,
      poolSize: connections,
      ...(secure !== undefined && {
        tls: { ca: [secure.ca] },
        auth: { user: secure.username, pass: secure.password, method: "plain" },
      }),
    });

    function* share(lane: number): Iterable<ReturnType<typeof compose>> {
      for (let index = lane; index < messages; index += connections) yield compose(letter(index, recipients));
    }

    async function sendShare(lane: number): Promise<void> {
      if (isCold) for (const message of share(lane)) demandSuccess(await transport.send(message));
      else for await (const receipt of transport.sendMany(share(lane))) demandSuccess(receipt);
    }

    return {
      async turn() {
        await Promise.all(Array.from({ length: connections }, (_, lane) => sendShare(lane)));
      },
      close: () => transport.closeAllConnections(),
    };
  },
} satisfies Contender<SendTask>;

function compose({ from, to, subject, text, html }: Letter) {
  return createMessage({ from, to, subject, content: { text, html } });
}

function demandSuccess(receipt: { readonly successful: boolean }): void {
  if (!receipt.successful) throw new Error(`A message was not sent: ${JSON.stringify(receipt)}`);
}
