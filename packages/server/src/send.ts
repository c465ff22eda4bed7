import { buildMime, MailError, type MessageDefaults, type MessageInput, type OutgoingMail } from "@edgepost/core";
import { type SendAnswer, toAnswer } from "./answer.ts";
import type { ApiKey } from "./authorize.ts";
import type { SendBody } from "./body-schema.ts";
import type { Services } from "./context.ts";
import { createId } from "./ids.ts";

/** Sends one message, from the checked body to the answer. */
export async function send(services: Services, key: ApiKey, body: SendBody): Promise<SendAnswer> {
  const { connections, limits, clock, random } = services;
  const id = createId(clock(), random);
  const { transport, defaults, release } = connections.open(body.connection, key);
  try {
    const mail = await buildMime(withDefaults(body.message, defaults), { clock, random });
    await refuseTooLarge(mail, limits.maxMessageBytes);
    return toAnswer(id, await transport.send(mail, { recipients: body.recipients }));
  } finally {
    await release();
  }
}

/** A message's own field replaces the default. A raw message says everything itself. */
function withDefaults(message: MessageInput, defaults: MessageDefaults): MessageInput {
  return message.raw === undefined ? { ...defaults, ...message } : message;
}

/** Before anything is connected. */
async function refuseTooLarge(mail: OutgoingMail, maxBytes: number): Promise<void> {
  const { length } = await mail.bytes();
  if (length <= maxBytes) return;
  const detail = `The message has ${length} octets; this server sends up to ${maxBytes}.`;
  throw new MailError("message-too-large", detail, { phase: "input" });
}
