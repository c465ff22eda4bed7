import { secretsIn } from "../support/secrets.ts";
import type { Cell } from "./cells.ts";
import type { Environment } from "./environment.ts";
import { isOneWrite } from "./order.ts";
import { SECOND } from "./plan.ts";
import { contentOf, type Order, type Report, type Result } from "./sender.ts";
import type { Outcome } from "./table.ts";
import type { Witness } from "./witness.ts";

/** Holds what the client reports, and what the server knows, against the table. Answers every difference. */
export function judge(cell: Cell, order: Order, report: Report, witness: Witness, environment: Environment): string[] {
  const complaints: string[] = [];
  const expect = (what: string, found: unknown, wanted: unknown) => {
    const [is, should] = [JSON.stringify(found), JSON.stringify(wanted)];
    if (is !== should) complaints.push(`${what} ${is}, not ${should}`);
  };
  const { moment, expected, variant } = cell;
  const result = report.results.at(-1);
  expect("came to", result, resultOf(expected, order));
  const isHelo = "accepted" in expected && expected.accepted === "HELO";
  expect("said HELO:", report.told.includes("C: HELO"), isHelo);
  if (moment !== "connect") expect("connections:", witness.connections, connectionsOf(cell, environment));
  expect("credentials in clear:", variant.security === "none" ? [] : secretsIn(witness.clear), []);
  expect("secrets told:", secretsIn(report.told), []);
  expectTruth(expect, cell, order, report.results, witness);
  return complaints;
}

function connectionsOf({ moment, fault, variant, expected }: Cell, { looksAgain }: Environment): number {
  const isNew = "accepted" in expected && expected.accepted === "new connection";
  const isLookedInto = moment === "handshake" && variant.security === "implicit" && fault.column !== "stall";
  return isNew || (looksAgain && isLookedInto) ? 2 : 1;
}

/** What the client says came of its messages is what the server knows. */
function expectTruth(
  expect: (what: string, found: unknown, wanted: unknown) => void,
  { expected, moment, variant }: Cell,
  { mails }: Order,
  results: readonly Result[],
  witness: Witness,
): void {
  const sent = mails.filter((_, index) => "accepted" in (results[index] ?? {}));
  const contents = sent.map(({ size }) => Buffer.from(contentOf(size)).toString("latin1"));
  const isUnknown = "code" in expected && expected.code === "delivery-unknown";
  expect("accepted by the server:", witness.accepted.slice(0, isUnknown ? sent.length : undefined), contents);
  if (!("code" in expected)) return;
  const isBeforeBody = ["mail", "rcpt", "data"].includes(expected.phase) && !isOneWrite(variant);
  if (isBeforeBody && sent.length === 0) expect("octets of a body:", witness.bodyOctets, 0);
  if (moment === "body") expect("the whole body sent:", witness.bodyOctets >= (mails[0]?.size ?? 0), false);
}

function resultOf(expected: Outcome, { mails }: Order): Result {
  if ("code" in expected) return expected;
  const to = mails.at(-1)?.to ?? [];
  const { refused } = expected;
  const isRefused = (address: string) => refused !== undefined && address === SECOND;
  return {
    accepted: to.filter((address) => !isRefused(address)),
    rejected: to.filter(isRefused).map((address) => ({ address, retryable: refused === "retryable" })),
  };
}
