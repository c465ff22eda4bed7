import { createTransport } from "nodemailer";
import { nodemailerOptions } from "../work/nodemailer-options.ts";
import { inLanes, type SendTask } from "../work/sending.ts";

export default {
  async fetch(request: Request): Promise<Response> {
    const task: SendTask = await request.json();
    const transporter = createTransport({
      ...nodemailerOptions(task),
      pool: true,
      maxConnections: task.connections,
      maxMessages: Number.POSITIVE_INFINITY,
    });
    await inLanes(task, (letter) => transporter.sendMail(letter));
    transporter.close();
    return Response.json("sent");
  },
};
