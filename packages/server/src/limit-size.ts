import { MailError, type Transport } from "@edgepost/core";

/** The same transport, for messages up to a size: a larger one is refused before anything is connected. */
export function limitSize(transport: Transport, maxBytes: number): Transport {
  const { name, defaults } = transport;
  return {
    name,
    ...(defaults !== undefined && { defaults }),
    async send(mail, options) {
      const { length } = await mail.bytes();
      if (length > maxBytes) {
        const detail = `The message has ${length} octets; this server sends up to ${maxBytes}.`;
        throw new MailError("message-too-large", detail, { phase: "input" });
      }
      return transport.send(mail, options);
    },
  };
}
