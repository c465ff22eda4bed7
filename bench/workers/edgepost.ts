import { createMailer } from "@edgepost/core";
import { edgeTransport } from "@edgepost/transport-edge";
import { inLanes, type SendTask } from "../work/sending.ts";

export default {
  async fetch(request: Request): Promise<Response> {
    const task: SendTask = await request.json();
    const transport = edgeTransport({
      host: "localhost",
      port: task.port,
      security: "none",
      pool: { maxConnections: task.connections, maxMessages: 1_000_000 },
    });
    const mailer = createMailer({ transport });
    await inLanes(task, (letter) => mailer.send(letter));
    await mailer.close();
    return Response.json("sent");
  },
};
