import type { ContractSubject } from "../transport-contract.ts";
import { check, checkEqual, checkFails, checkNothingArrived, checkReceipt, checkStillWorks } from "./check.ts";
import { attachment, build, chunksUntil } from "./mail.ts";

/** Small messages, large ones and streams end in different places. */
const builds = [
  () => build(),
  () => build({ attachments: { "large.bin": new Uint8Array(300_000) } }),
  () => build({ attachments: [attachment(chunksUntil(() => {}))] }),
];

export async function tellsBeforeFinal({ transport, received }: ContractSubject): Promise<void> {
  if (!transport.tellsFinal) return;
  for (const [before, make] of builds.entries()) {
    const mail = await make();
    let told = 0;
    const onFinal = async () => {
      told++;
      checkEqual((await received(before)).length, before, "Nothing of the message has arrived when its end is told.");
    };
    checkReceipt(await transport.send(mail, { onFinal }), mail, transport);
    checkEqual(told, 1, "The end of a message is told once.");
    checkEqual((await received(before + 1)).length, before + 1, "After it was told, the message arrives.");
  }
}

export async function stopsBeforeFinal(subject: ContractSubject): Promise<void> {
  const { transport } = subject;
  if (!transport.tellsFinal) return;
  const onFinal = () => Promise.reject(new Error("It could not be written down."));
  for (const make of builds) {
    const mail = await make();
    const { retryable } = await checkFails(transport.send(mail, { onFinal }), "aborted");
    check(retryable || mail.once === true, "It may be tried again: nothing was sent.");
  }
  await checkNothingArrived(subject);
  await checkStillWorks(subject);
}
