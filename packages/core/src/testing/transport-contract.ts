import { buildMime } from "../build-mime.ts";
import type { MessageInput } from "../message/input.ts";
import type { OutgoingMail } from "../outgoing.ts";
import type { Receipt } from "../receipt.ts";
import type { Transport } from "../transport.ts";
import { check, checkEqual, checkFails } from "./check.ts";

/** One message as the server took it. */
export interface ReceivedMail {
  /** The reverse path, without angle brackets. */
  readonly from: string;
  /** The forward paths the server accepted, without angle brackets. */
  readonly to: readonly string[];
  /** The message, dots unstuffed. Trace headers that the server put on top may stay. */
  readonly bytes: Uint8Array;
}

/** A transport under test, and the server behind it. */
export interface ContractSubject {
  readonly transport: Transport;
  /**
   * What the server took since the subject was made, oldest first. Where mail arrives later than it is accepted, it
   * resolves once there are `atLeast` so many.
   */
  received(atLeast: number): readonly ReceivedMail[] | Promise<readonly ReceivedMail[]>;
  /** Called after the test, whether or not the test closed the transport. */
  dispose?(): void | Promise<void>;
}

export interface TransportContractOptions {
  /** The runner's own: `test` of vitest, `node:test`, `bun:test`, or `Deno.test`. */
  readonly test: (name: string, run: () => Promise<void>) => unknown;
  /**
   * Makes a fresh transport for each test. Its server takes everything, except that it answers the RCPT of an address
   * in `refuse` with that reply code.
   */
  createTransport(server: { readonly refuse: ReadonlyMap<string, number> }): ContractSubject | Promise<ContractSubject>;
  /** `false` where the server cannot be told to refuse a recipient: those tests are left out. Default: true. */
  readonly canRefuse?: boolean | undefined;
  /** `false` where the transport builds its own MIME from `mail.message`: bytes are not compared. Default: true. */
  readonly keepsBytes?: boolean | undefined;
}

/**
 * The contract of a `Transport`, as tests for any runner in any runtime: envelope, bytes, receipts, refusals, aborts,
 * concurrency, verifying and closing.
 *
 * @example
 * transportContract({
 *   test,
 *   async createTransport({ refuse }) {
 *     const server = await startServer({ refuse });
 *     return { transport: myTransport({ port: server.port }), received: () => server.received, dispose: () => server.stop() };
 *   },
 * });
 */
export function transportContract(options: TransportContractOptions): void {
  const { test, createTransport, canRefuse = true, keepsBytes = true } = options;

  function contractTest(name: string, run: ContractTest, refusals: Readonly<Record<string, number>> = {}): void {
    test(name, async () => {
      const subject = await createTransport({ refuse: new Map(Object.entries(refusals)) });
      try {
        await run(subject);
      } finally {
        await subject.dispose?.();
      }
    });
  }

  contractTest("answers with a receipt", answersWithReceipt);
  contractTest("keeps to the envelope, whatever the headers say", keepsToEnvelope);
  contractTest("shows no Bcc recipient in the message", showsNoBcc);
  contractTest("keeps the Message-ID, also when the same mail is sent again", keepsMessageId);
  contractTest("sends many at once", sendsManyAtOnce);
  contractTest("sends nothing when it was aborted before", refusesWhenAborted);
  contractTest("sends nothing when it is aborted while the message is written", stopsWhenAborted);
  contractTest("sends nothing when an attachment fails", stopsWhenAttachmentFails);
  contractTest("verifies the connection in stages, without sending", verifies);
  contractTest("finishes what is under way before it closes, and takes nothing afterwards", closes);
  if (keepsBytes) {
    contractTest("delivers every byte as it was built", deliversBytes);
    contractTest("delivers a streamed message", deliversStream);
  }
  if (canRefuse) {
    contractTest("sends to the others when some recipients are refused", sendsToOthers, {
      [BUSY]: 450,
      [UNKNOWN]: 550,
    });
    contractTest("sends to nobody when it is all or none", sendsToNobody, { [UNKNOWN]: 550 });
    contractTest("fails for good when every recipient is refused for good", failsForGood, { [UNKNOWN]: 550 });
    contractTest("may be tried again when a recipient is refused for now", failsForNow, {
      [BUSY]: 450,
      [UNKNOWN]: 550,
    });
  }
}

type ContractTest = (subject: ContractSubject) => Promise<void>;

const SENDER = "sender@contract.example";
const FRIEND = "friend@contract.example";
const OTHER = "other@contract.example";
const HIDDEN = "hidden@contract.example";
const BUSY = "busy@contract.example";
const UNKNOWN = "unknown@contract.example";

function build(message: MessageInput = {}): Promise<OutgoingMail> {
  return buildMime({ from: `Sender <${SENDER}>`, to: FRIEND, subject: "Contract", text: "Hello", ...message });
}

async function answersWithReceipt({ transport, received }: ContractSubject): Promise<void> {
  const mail = await build({ to: [FRIEND, OTHER] });
  const receipt = await transport.send(mail);
  checkReceipt(receipt, mail, transport);
  checkEqual(receipt.accepted, [FRIEND, OTHER], "The receipt names every recipient as accepted, in order.");
  checkEqual(receipt.rejected, [], "Nobody was rejected.");
  const [arrived, ...more] = await received(1);
  check(arrived !== undefined && more.length === 0, "Exactly one message arrives.");
}

function checkReceipt(receipt: Receipt, mail: OutgoingMail, transport: Transport): void {
  checkEqual(receipt.messageId, mail.messageId, "The receipt carries the Message-ID of the mail.");
  // Of transports inside another, the receipt names the one that sent it.
  check(transport.name.includes(receipt.transport) && receipt.transport !== "", "The receipt names its transport.");
  check(
    Number.isInteger(receipt.size) && receipt.size > 0,
    `The receipt's size is a number of bytes, not ${receipt.size}.`,
  );
  check(Array.isArray(receipt.downgrades), "The receipt lists downgrades, if only an empty list.");
  const { reply } = receipt;
  check(reply === undefined || (reply.code >= 200 && reply.code < 300), "The receipt's reply is positive.");
}

async function keepsToEnvelope({ transport, received }: ContractSubject): Promise<void> {
  await transport.send(await build({ cc: UNKNOWN, envelope: { from: OTHER, to: [FRIEND, HIDDEN] } }));
  const [arrived] = await received(1);
  checkEqual(arrived?.from, OTHER, "The sender is that of the envelope.");
  checkEqual([...(arrived?.to ?? [])].sort(), [FRIEND, HIDDEN], "The recipients are exactly those of the envelope.");
}

async function showsNoBcc({ transport, received }: ContractSubject): Promise<void> {
  const receipt = await transport.send(await build({ bcc: `Hidden <${HIDDEN}>` }));
  check(receipt.accepted.includes(HIDDEN), "The Bcc recipient is accepted like any other.");
  const arrived = await received(1);
  check(
    arrived.some(({ to }) => to.includes(HIDDEN)),
    "The Bcc recipient is in the envelope.",
  );
  for (const { bytes } of arrived) {
    check(!decode(bytes).toLowerCase().includes("hidden"), "No word of the Bcc recipient is in the message.");
  }
}

async function keepsMessageId({ transport, received }: ContractSubject): Promise<void> {
  const mail = await build();
  for (const receipt of [await transport.send(mail), await transport.send(mail)])
    checkReceipt(receipt, mail, transport);
  const arrived = await received(2);
  checkEqual(arrived.length, 2, "Both messages arrive.");
  for (const { bytes } of arrived) check(decode(bytes).includes(mail.messageId), "The message carries its Message-ID.");
}

async function sendsManyAtOnce({ transport, received }: ContractSubject): Promise<void> {
  const mails = await Promise.all(Array.from({ length: 20 }, () => build()));
  const receipts = await Promise.all(mails.map((mail) => transport.send(mail)));
  const sent = mails.map(({ messageId }) => messageId);
  checkEqual(
    receipts.map(({ messageId }) => messageId),
    sent,
    "Each send gets the receipt of its own message.",
  );
  const arrived = (await received(mails.length)).map(({ bytes }) => decode(bytes));
  checkEqual(arrived.length, mails.length, "As many arrive as were sent.");
  for (const messageId of sent)
    check(
      arrived.some((text) => text.includes(messageId)),
      `${messageId} arrives.`,
    );
}

async function refusesWhenAborted(subject: ContractSubject): Promise<void> {
  await checkFails(subject.transport.send(await build(), { signal: AbortSignal.abort() }), "aborted");
  await checkNothingArrived(subject);
  await checkStillWorks(subject);
}

async function stopsWhenAborted(subject: ContractSubject): Promise<void> {
  const controller = new AbortController();
  const mail = await build({ attachments: [attachment(chunksUntil(() => controller.abort()))] });
  await checkFails(subject.transport.send(mail, { signal: controller.signal }), "aborted");
  await checkNothingArrived(subject);
  await checkStillWorks(subject);
}

async function stopsWhenAttachmentFails(subject: ContractSubject): Promise<void> {
  const failing = chunksUntil(() => {
    throw new Error("The disk is gone.");
  });
  await checkFails(subject.transport.send(await build({ attachments: [attachment(failing)] })), "attachment-failed");
  await checkNothingArrived(subject);
  await checkStillWorks(subject);
}

async function verifies({ transport, received }: ContractSubject): Promise<void> {
  if (transport.verify === undefined) return;
  const { ok, stages } = await transport.verify();
  check(ok, `The connection is fine: ${JSON.stringify(stages)}`);
  const order = ["connect", "tls", "ehlo", "auth"];
  const names: readonly string[] = stages.map(({ stage }) => stage);
  check(
    names.every((name) => order.includes(name)),
    `Stages are among ${order.join(", ")}, not ${names.join(", ")}.`,
  );
  checkEqual(new Set(names).size, names.length, "No stage comes twice.");
  for (const { stage, ok: passed, ms } of stages) {
    check(passed && Number.isInteger(ms) && ms >= 0, `The stage ${stage} passed, and took whole milliseconds.`);
  }
  checkEqual((await received(0)).length, 0, "Verifying sends nothing.");
}

async function closes({ transport, received }: ContractSubject): Promise<void> {
  if (transport.close === undefined) return;
  const mail = await build();
  const sending = transport.send(mail);
  await Promise.all([transport.close(), transport.close()]);
  checkReceipt(await sending, mail, transport);
  checkEqual((await received(1)).length, 1, "What was under way arrives.");
  await transport.close();
  await checkFails(transport.send(await build()), "closed");
}

async function deliversBytes({ transport, received }: ContractSubject): Promise<void> {
  const text = `.\r\n..dots\r\n.\r\n\r\nFrom here\r\nGrüße, 😀\r\n${"long ".repeat(500)}\r\n.`;
  const mail = await build({ subject: "Grüße\u2028…", text, html: "<p>.</p>", attachments: { "ä.bin": allBytes() } });
  const receipt = await transport.send(mail);
  checkArrived(await received(1), await mail.bytes());
  checkEqual(receipt.size, (await mail.bytes()).length, "The receipt's size is that of the message.");
}

async function deliversStream({ transport, received }: ContractSubject): Promise<void> {
  // Built twice from the same clock and randomness, since a stream can be read only once.
  const options = { clock: () => new Date(0), random: (bytes: number) => new Uint8Array(bytes).fill(7) };
  const message = () => ({ from: SENDER, to: FRIEND, attachments: [attachment(chunksUntil(() => {}))] });
  const receipt = await transport.send(await buildMime(message(), options));
  const bytes = await (await buildMime(message(), options)).bytes();
  checkArrived(await received(1), bytes);
  checkEqual(receipt.size, bytes.length, "The receipt's size is that of the message.");
}

async function sendsToOthers({ transport, received }: ContractSubject): Promise<void> {
  const mail = await build({ to: [FRIEND, BUSY], cc: UNKNOWN, bcc: OTHER });
  const receipt = await transport.send(mail);
  checkReceipt(receipt, mail, transport);
  checkEqual(receipt.accepted, [FRIEND, OTHER], "The receipt names who was accepted.");
  const rejected = receipt.rejected.map(({ address, reply, retryable }) => [address, reply.code, retryable]);
  checkEqual(
    rejected,
    [
      [BUSY, 450, true],
      [UNKNOWN, 550, false],
    ],
    "Each refused recipient has its code and advice.",
  );
  const [arrived] = await received(1);
  checkEqual([...(arrived?.to ?? [])].sort(), [FRIEND, OTHER], "The message goes to the others.");
}

async function sendsToNobody(subject: ContractSubject): Promise<void> {
  const mail = await build({ to: [FRIEND, UNKNOWN] });
  const error = await checkFails(subject.transport.send(mail, { recipients: "all-or-none" }), "recipients-rejected");
  checkEqual(
    error.recipients?.map(({ address }) => address),
    [UNKNOWN],
    "The error names who was refused.",
  );
  await checkNothingArrived(subject);
  await checkStillWorks(subject);
}

async function failsForGood(subject: ContractSubject): Promise<void> {
  const error = await checkFails(subject.transport.send(await build({ to: UNKNOWN })), "recipients-rejected");
  checkEqual(error.retryable, false, "A 5yz is not retryable.");
  checkEqual(
    error.recipients?.map(({ address, reply }) => [address, reply.code]),
    [[UNKNOWN, 550]],
    "With the reply.",
  );
  await checkNothingArrived(subject);
  await checkStillWorks(subject);
}

async function failsForNow(subject: ContractSubject): Promise<void> {
  const error = await checkFails(subject.transport.send(await build({ to: [UNKNOWN, BUSY] })), "recipients-rejected");
  checkEqual(error.retryable, true, "One 4yz makes it retryable.");
  const recipients = error.recipients?.map(({ address, retryable }) => [address, retryable]);
  checkEqual(
    recipients,
    [
      [UNKNOWN, false],
      [BUSY, true],
    ],
    "Each recipient has its own advice.",
  );
  await checkNothingArrived(subject);
}

async function checkNothingArrived({ received }: ContractSubject): Promise<void> {
  checkEqual((await received(0)).length, 0, "Nothing arrives.");
}

/** A failed message is no reason to fail the next. */
async function checkStillWorks({ transport, received }: ContractSubject): Promise<void> {
  const mail = await build();
  checkReceipt(await transport.send(mail), mail, transport);
  checkEqual((await received(1)).length, 1, "The next message arrives.");
}

/** A server may put trace headers on top (RFC 5321 section 4.4); below them every byte is ours. */
function checkArrived([arrived]: readonly ReceivedMail[], bytes: Uint8Array): void {
  const below = arrived?.bytes.subarray(-bytes.length) ?? new Uint8Array();
  const difference = bytes.findIndex((byte, index) => byte !== below[index]);
  check(difference === -1, `The message arrives as it was built; byte ${difference} of ${bytes.length} differs.`);
}

/** Enough to fill every buffer on the way, in chunks that fit no line; `then` happens in front of the last. */
async function* chunksUntil(then: () => void): AsyncGenerator<Uint8Array> {
  for (let chunk = 0; chunk < 20; chunk++) yield new Uint8Array(10_007).fill(chunk);
  then();
  yield new Uint8Array([0x2e, 0x0d, 0x0a]);
}

function attachment(content: AsyncIterable<Uint8Array>) {
  return { filename: "streamed.bin", content };
}

function allBytes(): Uint8Array {
  return Uint8Array.from({ length: 512 }, (_, index) => index % 256);
}

function decode(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
