import { createMailer, isMailError } from "@edgepost/core";
import { edgeTransport } from "@edgepost/transport-edge";

interface Env {
  readonly CONTACT_ADDRESS: string;
  readonly SMTP_URL: string; // a secret: smtp://user:password@smtp.acme.com
}

/** A contact form: visitors write to one address, and to no other. */
export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    if (request.method !== "POST") return new Response("POST a form with name, email and message.\n", { status: 405 });
    const form = await request.formData();
    await using mailer = createMailer({ transport: edgeTransport(env.SMTP_URL) });
    try {
      await mailer.send({
        from: { name: "Contact form", address: env.CONTACT_ADDRESS },
        replyTo: { name: String(form.get("name")), address: String(form.get("email")) },
        to: env.CONTACT_ADDRESS,
        subject: `A message from ${form.get("name")}`,
        text: String(form.get("message")),
      });
      return new Response("Thank you!\n");
    } catch (error) {
      if (!isMailError(error)) throw error;
      console.error(error.code, error.message);
      const isVisitorsMistake = error.code === "invalid-message";
      return new Response(`${error.code}\n`, { status: isVisitorsMistake ? 422 : 503 });
    }
  },
};
