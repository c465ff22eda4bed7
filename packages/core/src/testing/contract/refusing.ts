import type { ContractSubject } from "../transport-contract.ts";
import { checkEqual, checkFails, checkNothingArrived, checkReceipt, checkStillWorks } from "./check.ts";
import { BUSY, build, FRIEND, OTHER, UNKNOWN } from "./mail.ts";

export async function sendsToOthers({ transport, received }: ContractSubject): Promise<void> {
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

export async function sendsToNobody(subject: ContractSubject): Promise<void> {
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

export async function failsForGood(subject: ContractSubject): Promise<void> {
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

export async function failsForNow(subject: ContractSubject): Promise<void> {
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
