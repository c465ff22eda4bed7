import { MailError, parseConnection, type SmtpConnection, type Transport } from "@edgepost/core";
import type { EmailBinding } from "./email-binding/binding.ts";

// What is Cloudflare's own loads everywhere, so that a program shared with other runtimes loads; it sends on Workers only.

export function emailBindingTransport(_binding: EmailBinding): Transport {
  return workersOnly("email-binding");
}

export function workerMailerTransport(connection: SmtpConnection | string): Transport {
  return { ...workersOnly("worker-mailer"), defaults: parseConnection(connection).defaults };
}

function workersOnly(name: string): Transport {
  return {
    name,
    async send() {
      throw new MailError("unsupported", `The transport "${name}" sends on Cloudflare Workers only.`, {
        phase: "connect",
      });
    },
  };
}
