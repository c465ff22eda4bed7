import { describe, expect, test } from "vitest";
import { failureOf, greeted, MESSAGE, playScript, readyMail } from "../../support/engine.ts";
import { aMessage, anAttachment } from "../../support/message.ts";

const GOODBYE = "C: QUIT\nS: 221 bye\n";
const QUEUED = "C: DATA\nS: 354 go on\nC: <data>\nS: 250 queued\n";

type Recipients = readonly [string, ...string[]];

function recipients(count: number): Recipients {
  const [first = "", ...others] = Array.from({ length: count }, (_, index) => `r${index}@x`);
  return [first, ...others];
}

/** MAIL and, one by one, RCPT with its reply. */
function envelope(replies: readonly (readonly [address: string, reply: string])[]): string {
  return `C: MAIL FROM:<a@x>\nS: 250 OK\n${replies.map(([address, reply]) => `C: RCPT TO:<${address}>\nS: ${reply}\n`).join("")}`;
}

const all = (addresses: readonly string[], reply = "250 OK") => addresses.map((address) => [address, reply] as const);

describe("more recipients than one transaction takes", () => {
  const many = recipients(250);

  test("are split, and the receipt is one", async () => {
    const groups = [many.slice(0, 100), many.slice(100, 200), many.slice(200)];
    const { transport, server } = playScript(
      `${greeted()}${groups.map((group) => envelope(all(group)) + QUEUED).join("")}${GOODBYE}`,
    );
    const receipt = await transport.send(readyMail({ to: many }));
    expect(receipt.accepted).toEqual(many);
    expect(receipt.rejected).toEqual([]);
    expect(receipt).not.toHaveProperty("unknown");
    await transport.close?.();
    await server.done;
  });

  test("are as many as the connection's limits say", async () => {
    const { transport, server } = playScript(
      `${greeted()}${envelope(all(["r0@x", "r1@x"]))}${QUEUED}${envelope(all(["r2@x"]))}${QUEUED}${GOODBYE}`,
      { transport: { limits: { recipients: 2 } } },
    );
    expect((await transport.send(readyMail({ to: recipients(3) }))).accepted).toEqual(recipients(3));
    await transport.close?.();
    await server.done;
  });

  test.each([
    ["when it is all or none", {}, { recipients: "all-or-none" }],
    ["when the content can be read only once", { once: true, streamed: true }, {}],
  ] as const)("are refused before anything is sent %s", async (_, fields, options) => {
    const { transport, server } = playScript(`${greeted()}${GOODBYE}`);
    const error = await failureOf(transport.send(readyMail({ to: many, ...fields }), options));
    expect(error).toMatchObject({ code: "unsupported", phase: "input", retryable: false });
    await transport.close?.();
    await server.done;
  });
});

describe("more recipients than this server takes at once", () => {
  const three = recipients(3);

  test.each(["452 too many recipients", "452 4.5.3 too many", "451 4.5.3 too many"])(
    "are split where it says so: %s",
    async (reply) => {
      const first = [...all(["r0@x", "r1@x"]), ["r2@x", reply] as const];
      const { transport, server } = playScript(
        `${greeted()}${envelope(first)}${QUEUED}${envelope(all(["r2@x"]))}${QUEUED}${GOODBYE}`,
      );
      const receipt = await transport.send(readyMail({ to: three }));
      expect(receipt.accepted).toEqual(three);
      expect(receipt.rejected).toEqual([]);
      await transport.close?.();
      await server.done;
    },
  );

  test("a full mailbox is no such limit", async () => {
    const replies = [...all(["r0@x", "r1@x"]), ["r2@x", "452 4.2.2 mailbox full"] as const];
    const { transport, server } = playScript(`${greeted()}${envelope(replies)}${QUEUED}${GOODBYE}`);
    const receipt = await transport.send(readyMail({ to: three }));
    expect(receipt.accepted).toEqual(["r0@x", "r1@x"]);
    expect(receipt.rejected).toMatchObject([
      { address: "r2@x", retryable: true, reply: { code: 452, enhancedCode: "4.2.2" } },
    ]);
    await transport.close?.();
    await server.done;
  });

  test("one it refuses alone as well is refused", async () => {
    const first = [...all(["r0@x", "r1@x"]), ["r2@x", "452 too many"] as const];
    const { transport, server } = playScript(
      `${greeted("PIPELINING")}C: MAIL FROM:<a@x>\nC: RCPT TO:<r0@x>\nC: RCPT TO:<r1@x>\nC: RCPT TO:<r2@x>\nC: DATA\nS: 250 OK\nS: 250 OK\nS: 250 OK\nS: ${first[2]?.[1]}\nS: 354 go on\nC: <data>\nS: 250 queued\nC: MAIL FROM:<a@x>\nC: RCPT TO:<r2@x>\nC: DATA\nS: 250 OK\nS: 452 still too many\nS: 503 no recipients\n${GOODBYE}`,
    );
    const receipt = await transport.send(readyMail({ to: three }));
    expect(receipt.accepted).toEqual(["r0@x", "r1@x"]);
    expect(receipt.rejected).toMatchObject([
      { address: "r2@x", retryable: true, reply: { code: 452, text: "still too many" } },
    ]);
    await transport.close?.();
    await server.done;
  });

  test("content that can be read only once goes to those who were taken, and the others may be tried again", async () => {
    const first = [...all(["r0@x", "r1@x"]), ["r2@x", "452 too many"] as const];
    const { transport, server } = playScript(`${greeted()}${envelope(first)}${QUEUED}${GOODBYE}`);
    const receipt = await transport.send(readyMail({ to: three, once: true, streamed: true }));
    expect(receipt.accepted).toEqual(["r0@x", "r1@x"]);
    expect(receipt.rejected).toMatchObject([{ address: "r2@x", retryable: true, reply: { code: 452 } }]);
    await transport.close?.();
    await server.done;
  });
});

describe("when a later transaction fails, those accepted stay accepted", () => {
  const four = recipients(4);
  const options = { transport: { limits: { recipients: 1 } } };
  const first = `${greeted()}${envelope(all(["r0@x"]))}${QUEUED}`;

  test("and those refused are refused", async () => {
    const later = `C: RSET\nS: 250 OK\n${envelope(all(["r2@x"]))}${QUEUED}${envelope(all(["r3@x"], "450 later"))}`;
    const { transport, server } = playScript(`${first}${envelope(all(["r1@x"], "550 no"))}${later}${GOODBYE}`, options);
    const receipt = await transport.send(readyMail({ to: four }));
    expect(receipt.accepted).toEqual(["r0@x", "r2@x"]);
    expect(receipt.rejected).toMatchObject([
      { address: "r1@x", retryable: false, reply: { code: 550 } },
      { address: "r3@x", retryable: true, reply: { code: 450 } },
    ]);
    await transport.close?.();
    await server.done;
  });

  test("those after a lost link were not sent to, and may be tried again", async () => {
    const { transport } = playScript(`${first}${envelope(all(["r1@x"]))}C: DATA\n-- close --`, options);
    const receipt = await transport.send(readyMail({ to: four }));
    expect(receipt.accepted).toEqual(["r0@x"]);
    expect(receipt).not.toHaveProperty("unknown");
    expect(receipt.rejected.map(({ address }) => address)).toEqual(["r1@x", "r2@x", "r3@x"]);
    for (const { retryable, reply } of receipt.rejected) {
      expect(retryable).toBe(true);
      expect(reply).toMatchObject({
        code: 451,
        enhancedCode: "4.4.2",
        text: expect.stringContaining("Not sent by this client"),
      });
    }
    expect(receipt.reply).toMatchObject({ code: 250, text: "queued" });
  });

  test("those whose message may have arrived are unknown, and those behind them were not sent to", async () => {
    const { transport } = playScript(
      `${first}${envelope(all(["r1@x"]))}C: DATA\nS: 354 go on\nC: <data>\n-- close --`,
      options,
    );
    const receipt = await transport.send(readyMail({ to: four }));
    expect(receipt.accepted).toEqual(["r0@x"]);
    expect(receipt.unknown).toEqual(["r1@x"]);
    expect(receipt.rejected.map(({ address, retryable }) => [address, retryable])).toEqual([
      ["r2@x", true],
      ["r3@x", true],
    ]);
  });

  test("those after a refused message have its refusal", async () => {
    const { transport } = playScript(
      `${first}${envelope(all(["r1@x"]))}C: DATA\nS: 354 go on\nC: <data>\nS: 554 5.7.1 spam\n-- ignore --`,
      options,
    );
    const receipt = await transport.send(readyMail({ to: four }));
    expect(receipt.accepted).toEqual(["r0@x"]);
    expect(receipt.rejected).toMatchObject(
      ["r1@x", "r2@x", "r3@x"].map((address) => ({ address, retryable: false, reply: { code: 554 } })),
    );
  });
});

test("an address by hand that no command may hold is found before the first of several transactions", async () => {
  const { transport, server } = playScript(`${greeted()}${GOODBYE}`, { transport: { limits: { recipients: 1 } } });
  const error = await failureOf(transport.send(readyMail({ to: ["r0@x", "r1@x>\r\nDATA"] })));
  expect(error).toMatchObject({ code: "invalid-message", retryable: false });
  await transport.close?.();
  await server.done;
});

describe("when the message cannot be read a second time", () => {
  const failing = (error: unknown) => {
    let reads = 0;
    const stream = () => {
      if (reads++ > 0) throw error;
      return new Blob([MESSAGE]).stream();
    };
    return readyMail({ to: recipients(3), streamed: true, stream });
  };
  const script = `${greeted()}${envelope(all(["r0@x"]))}${QUEUED}${envelope(all(["r1@x"]))}C: DATA\nS: 354 go on\n-- ignore --`;

  test("those behind who have it were not sent to, and trying again would end the same way", async () => {
    const { transport } = playScript(script, { transport: { limits: { recipients: 1 } } });
    const receipt = await transport.send(failing(new TypeError("disturbed")));
    expect(receipt.accepted).toEqual(["r0@x"]);
    expect(receipt.rejected.map(({ address, retryable, reply: { code } }) => [address, retryable, code])).toEqual([
      ["r1@x", false, 554],
      ["r2@x", false, 554],
    ]);
  });
});

test("what is no error of ours keeps those accepted as well", async () => {
  const script = `${greeted()}${envelope(all(["r0@x"]))}${QUEUED}${envelope(all(["r1@x"]))}C: DATA\nS: 354 go on\n-- ignore --`;
  const { transport } = playScript(script, { transport: { limits: { recipients: 1 } } });
  const mail = readyMail({ to: recipients(2), streamed: true });
  let reads = 0;
  // Mail made by hand may be anything: this is no stream, for it cannot be cancelled.
  const broken = { getReader: () => ({ read: async () => ({ done: true }) }) } as unknown as ReadableStream<Uint8Array>;
  const stream = () => (reads++ > 0 ? broken : mail.stream());
  const receipt = await transport.send({ ...mail, stream });
  expect(receipt.accepted).toEqual(["r0@x"]);
  expect(receipt.rejected).toMatchObject([{ address: "r1@x", retryable: false }]);
});

test("when the first transaction finds its recipients refused and the second is unknown, the error names the refused", async () => {
  const { transport } = playScript(
    `${greeted()}${envelope(all(["r0@x"], "550 no"))}C: RSET\nS: 250 OK\n${envelope(all(["r1@x"]))}C: DATA\nS: 354 go on\nC: <data>\n-- close --`,
    { transport: { limits: { recipients: 1 } } },
  );
  const error = await failureOf(transport.send(readyMail({ to: recipients(2) })));
  expect(error).toMatchObject({ code: "delivery-unknown", retryable: false });
  expect(error.recipients?.map(({ address }) => address)).toEqual(["r0@x"]);
});

test("when every transaction finds every recipient refused, one error names them all", async () => {
  const { transport } = playScript(
    `${greeted()}${envelope(all(["r0@x"], "550 no"))}C: RSET\nS: 250 OK\n${envelope(all(["r1@x"], "450 later"))}-- ignore --`,
    { transport: { limits: { recipients: 1 } } },
  );
  const error = await failureOf(transport.send(readyMail({ to: recipients(2) })));
  expect(error).toMatchObject({ code: "recipients-rejected", phase: "rcpt", retryable: true });
  expect(error.recipients?.map(({ address, retryable }) => [address, retryable])).toEqual([
    ["r0@x", false],
    ["r1@x", true],
  ]);
});

test("when the first transaction finds its recipients refused and the link is lost in the second, nothing is accepted", async () => {
  const { transport } = playScript(
    `${greeted()}${envelope(all(["r0@x"], "550 no"))}C: RSET\nS: 250 OK\n${envelope(all(["r1@x"]))}C: DATA\n-- close --`,
    {
      transport: { limits: { recipients: 1 } },
    },
  );
  expect(await failureOf(transport.send(readyMail({ to: recipients(2) })))).toMatchObject({
    code: "connection-lost",
    phase: "data",
  });
});

describe("what the message holds", () => {
  const CHUNKING = ["CHUNKING", "BINARYMIME", "8BITMIME"];
  const message = aMessage({ envelope: { from: "a@x", to: ["b@x"] }, attachments: [anAttachment()] });
  const envelopeOf = (parameters: string) =>
    `C: MAIL FROM:<a@x>${parameters}\nS: 250 OK\nC: RCPT TO:<b@x>\nS: 250 OK\nC: BDAT <size> LAST\nC: <message>\nS: 250 queued\n`;

  test("is asked for in binary and sent as it is, with BINARYMIME", async () => {
    const content = Uint8Array.of(0x0a, 0x0d, 0xff, 0x00, 0x2e);
    const forms: unknown[] = [];
    const { transport, server } = playScript(`${greeted(...CHUNKING)}${envelopeOf(" BODY=BINARYMIME")}${GOODBYE}`, {
      message: content,
    });
    const bytes = async (form: unknown) => {
      forms.push(form);
      return content;
    };
    expect((await transport.send(readyMail({ message, bytes }))).size).toBe(5);
    expect(forms).toEqual(["binary"]);
    await transport.close?.();
    await server.done;
  });

  test("promises no more than it holds: a signed message has its one form", async () => {
    const { transport, server } = playScript(`${greeted(...CHUNKING)}${envelopeOf("")}${GOODBYE}`);
    await transport.send(readyMail({ message }));
    await transport.close?.();
    await server.done;
  });

  test("is declared as eight bits where it holds them", async () => {
    const content = "Subject: Grüße\r\n\r\nHallo\r\n";
    const { transport, server } = playScript(`${greeted(...CHUNKING)}${envelopeOf(" BODY=8BITMIME")}${GOODBYE}`, {
      message: content,
    });
    const raw = { kind: "bytes", bytes: new Uint8Array() } as const;
    await transport.send(readyMail({ content, eightBit: true, message: aMessage({ raw }) }));
    await transport.close?.();
    await server.done;
  });

  test("is sent all the same where the server promises only seven bits, and the receipt says so", async () => {
    const content = "Subject: Grüße\r\n\r\nHallo\r\n";
    const { transport, server } = playScript(`${greeted("CHUNKING")}${envelopeOf("")}${GOODBYE}`, { message: content });
    expect((await transport.send(readyMail({ content, eightBit: true }))).downgrades).toEqual(["8bitmime"]);
    await transport.close?.();
    await server.done;
  });
});
