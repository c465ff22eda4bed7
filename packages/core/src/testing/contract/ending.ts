import type { ContractSubject } from "../transport-contract.ts";
import { check, checkEqual, checkFails, checkNothingArrived, checkReceipt, checkStillWorks } from "./check.ts";
import { attachment, build, chunksUntil } from "./mail.ts";

export async function refusesWhenAborted(subject: ContractSubject): Promise<void> {
  await checkFails(subject.transport.send(await build(), { signal: AbortSignal.abort() }), "aborted");
  await checkNothingArrived(subject);
  await checkStillWorks(subject);
}

export async function stopsWhenAborted(subject: ContractSubject): Promise<void> {
  const controller = new AbortController();
  const mail = await build({ attachments: [attachment(chunksUntil(() => controller.abort()))] });
  await checkFails(subject.transport.send(mail, { signal: controller.signal }), "aborted");
  await checkNothingArrived(subject);
  await checkStillWorks(subject);
}

export async function stopsWhenAttachmentFails(subject: ContractSubject): Promise<void> {
  const failing = chunksUntil(() => {
    throw new Error("The disk is gone.");
  });
  await checkFails(subject.transport.send(await build({ attachments: [attachment(failing)] })), "attachment-failed");
  await checkNothingArrived(subject);
  await checkStillWorks(subject);
}

export async function verifies({ transport, received }: ContractSubject): Promise<void> {
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

export async function closes({ transport, received }: ContractSubject): Promise<void> {
  if (transport.close === undefined) return;
  const mail = await build();
  const sending = transport.send(mail);
  await Promise.all([transport.close(), transport.close()]);
  checkReceipt(await sending, mail, transport);
  checkEqual((await received(1)).length, 1, "What was under way arrives.");
  await transport.close();
  await checkFails(transport.send(await build()), "closed");
  if (transport.verify !== undefined) await checkFails(transport.verify(), "closed");
}
