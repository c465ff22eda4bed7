import type { OutgoingMail, Receipt, SendOptions, Transport } from "@edgepost/core";
import { MailError } from "@edgepost/core";
import type { ContractSubject, MemoryTransport } from "@edgepost/core/testing";
import { memoryTransport, transportContract } from "@edgepost/core/testing";
import { describe, expect, it, test } from "vitest";

function subjectFor(transport: Transport, { sent }: MemoryTransport): ContractSubject {
  return {
    transport,
    received: () => sent.map(({ envelope, bytes, receipt }) => ({ from: envelope.from, to: receipt.accepted, bytes })),
  };
}

function memory(refuse: ReadonlyMap<string, number>): MemoryTransport {
  return memoryTransport({
    reject(address) {
      const code = refuse.get(address);
      return code === undefined ? undefined : { code, text: "refused by the contract" };
    },
  });
}

describe("memoryTransport keeps the contract", () => {
  transportContract({
    test,
    createTransport({ refuse }) {
      const transport = memory(refuse);
      return subjectFor(transport, transport);
    },
  });
});

/** The names of the contract's tests that fail for a transport. */
async function failuresOf(wrap: (inner: MemoryTransport) => Transport): Promise<string[]> {
  const tests: [string, () => Promise<void>][] = [];
  transportContract({
    test: (name, run) => tests.push([name, run]),
    createTransport({ refuse }) {
      const inner = memory(refuse);
      return subjectFor(wrap(inner), inner);
    },
  });
  const failed: string[] = [];
  for (const [name, run] of tests) await run().catch(() => failed.push(name));
  return failed;
}

const without = (address: string, mail: OutgoingMail): OutgoingMail => ({
  ...mail,
  envelope: { ...mail.envelope, to: mail.envelope.to.filter((to) => to !== address) as [string] },
});

describe("the contract notices a transport that", () => {
  it.each<[string, (inner: MemoryTransport, mail: OutgoingMail, options?: SendOptions) => Promise<Receipt>, string]>([
    [
      "writes Bcc into the message",
      async (inner, mail, options) => {
        const bcc = new TextEncoder().encode(`Bcc: ${mail.envelope.to.join(", ")}\r\n`);
        const bytes = Uint8Array.from([...bcc, ...(await mail.bytes())]);
        return inner.send({ ...mail, stream: () => new Blob([bytes]).stream() }, options);
      },
      "shows no Bcc recipient in the message",
    ],
    [
      "forgets the Bcc recipients",
      (inner, mail, options) => inner.send(without("hidden@contract.example", mail), options),
      "keeps to the envelope, whatever the headers say",
    ],
    [
      "sends by the headers",
      (inner, mail, options) => {
        const to = [...mail.message.to, ...mail.message.cc].map((address) => "address" in address && address.address);
        return inner.send({ ...mail, envelope: { ...mail.envelope, to: to as unknown as [string] } }, options);
      },
      "keeps to the envelope, whatever the headers say",
    ],
    [
      "changes bytes",
      async (inner, mail, options) => {
        const bytes = (await mail.bytes()).map((byte) => (byte === 0x2e ? 0x2c : byte));
        return inner.send({ ...mail, stream: () => new Blob([bytes]).stream() }, options);
      },
      "delivers every byte as it was built",
    ],
    [
      "ignores the signal",
      (inner, mail, { signal: _, ...options } = {}) => inner.send(mail, options),
      "sends nothing when it was aborted before",
    ],
    [
      "ignores all-or-none",
      (inner, mail, { recipients: _, ...options } = {}) => inner.send(mail, options),
      "sends to nobody when it is all or none",
    ],
    [
      "mixes up receipts",
      async (inner, mail, options) => ({
        ...(await inner.send(mail, options)),
        messageId: "<another@contract.example>",
      }),
      "answers with a receipt",
    ],
    [
      "throws something of its own",
      (inner, mail, options) =>
        inner.send(mail, options).catch((cause) => Promise.reject(new Error("Oops", { cause }))),
      "fails for good when every recipient is refused for good",
    ],
    [
      "calls everything retryable",
      (inner, mail, options) =>
        inner.send(mail, options).catch((error: MailError) => {
          const { phase, recipients } = error;
          throw new MailError(error.code, error.message, { phase, recipients, retryable: true });
        }),
      "fails for good when every recipient is refused for good",
    ],
    [
      "hides who was refused",
      async (inner, mail, options) => ({ ...(await inner.send(mail, options)), rejected: [] }),
      "sends to the others when some recipients are refused",
    ],
    [
      "sends twice",
      async (inner, mail, options) => {
        await inner.send(mail, options);
        return inner.send(mail, options);
      },
      "answers with a receipt",
    ],
  ])("%s", async (_, send, expected) => {
    expect(await failuresOf((inner) => ({ ...inner, send: (mail, options) => send(inner, mail, options) }))).toContain(
      expected,
    );
  });

  it("sends after it was closed", async () => {
    const failed = await failuresOf((inner) => ({ ...inner, close: async () => {} }));
    expect(failed).toEqual(["finishes what is under way before it closes, and takes nothing afterwards"]);
  });

  it("verifies after it was closed", async () => {
    const failed = await failuresOf((inner) => ({
      ...inner,
      verify: async () => ({ ok: true, stages: [{ stage: "auth", ok: true, ms: 0 }] }),
    }));
    expect(failed).toEqual(["finishes what is under way before it closes, and takes nothing afterwards"]);
  });

  it("sends a message to verify", async () => {
    const failed = await failuresOf((inner) => ({
      ...inner,
      verify: async () => ({ ...(await inner.verify?.()), ok: true, stages: [{ stage: "auth", ok: true, ms: 0.5 }] }),
    }));
    expect(failed).toEqual(["verifies the connection in stages, without sending"]);
  });

  it("accepts a transport that is one method and a name", async () => {
    expect(await failuresOf(({ name, send }) => ({ name, send }))).toEqual([]);
  });
});
