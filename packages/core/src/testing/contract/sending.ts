import { buildMime } from "../../build-mime.ts";
import type { ContractSubject, ReceivedMail } from "../transport-contract.ts";
import { check, checkEqual, checkReceipt } from "./check.ts";
import { allBytes, attachment, build, chunksUntil, decode, FRIEND, HIDDEN, OTHER, SENDER, UNKNOWN } from "./mail.ts";

export async function answersWithReceipt({ transport, received }: ContractSubject): Promise<void> {
  const mail = await build({ to: [FRIEND, OTHER] });
  const receipt = await transport.send(mail);
  checkReceipt(receipt, mail, transport);
  checkEqual(receipt.accepted, [FRIEND, OTHER], "The receipt names every recipient as accepted, in order.");
  checkEqual(receipt.rejected, [], "Nobody was rejected.");
  const [arrived, ...more] = await received(1);
  check(arrived !== undefined && more.length === 0, "Exactly one message arrives.");
}

export async function keepsToEnvelope({ transport, received }: ContractSubject): Promise<void> {
  await transport.send(await build({ cc: UNKNOWN, envelope: { from: OTHER, to: [FRIEND, HIDDEN] } }));
  const [arrived] = await received(1);
  checkEqual(arrived?.from, OTHER, "The sender is that of the envelope.");
  checkEqual([...(arrived?.to ?? [])].sort(), [FRIEND, HIDDEN], "The recipients are exactly those of the envelope.");
}

export async function showsNoBcc({ transport, received }: ContractSubject): Promise<void> {
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

export async function keepsMessageId({ transport, received }: ContractSubject): Promise<void> {
  const mail = await build();
  for (const receipt of [await transport.send(mail), await transport.send(mail)])
    checkReceipt(receipt, mail, transport);
  const arrived = await received(2);
  checkEqual(arrived.length, 2, "Both messages arrive.");
  for (const { bytes } of arrived) check(decode(bytes).includes(mail.messageId), "The message carries its Message-ID.");
}

export async function sendsManyAtOnce({ transport, received }: ContractSubject): Promise<void> {
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

export async function deliversBytes({ transport, received }: ContractSubject): Promise<void> {
  const text = `.\r\n..dots\r\n.\r\n\r\nFrom here\r\nGrüße, 😀\r\n${"long ".repeat(500)}\r\n.`;
  const mail = await build({ subject: "Grüße\u2028…", text, html: "<p>.</p>", attachments: { "ä.bin": allBytes() } });
  const receipt = await transport.send(mail);
  checkArrived(await received(1), await mail.bytes());
  checkEqual(receipt.size, (await mail.bytes()).length, "The receipt's size is that of the message.");
}

export async function deliversStream({ transport, received }: ContractSubject): Promise<void> {
  // Built twice from the same clock and randomness, since a stream can be read only once.
  const options = { clock: () => new Date(0), random: (bytes: number) => new Uint8Array(bytes).fill(7) };
  const message = () => ({ from: SENDER, to: FRIEND, attachments: [attachment(chunksUntil(() => {}))] });
  const receipt = await transport.send(await buildMime(message(), options));
  const bytes = await (await buildMime(message(), options)).bytes();
  checkArrived(await received(1), bytes);
  checkEqual(receipt.size, bytes.length, "The receipt's size is that of the message.");
}

/** A server may put trace headers on top (RFC 5321 section 4.4); below them every byte is ours. */
function checkArrived([arrived]: readonly ReceivedMail[], bytes: Uint8Array): void {
  const below = arrived?.bytes.subarray(-bytes.length) ?? new Uint8Array();
  const difference = bytes.findIndex((byte, index) => byte !== below[index]);
  check(difference === -1, `The message arrives as it was built; byte ${difference} of ${bytes.length} differs.`);
}
