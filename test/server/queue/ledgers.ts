import { expect } from "vitest";
import type { Dice } from "../../support/dice.ts";
import { startSmtpServer, type TestSmtpServer } from "../../support/smtp-server.ts";
import { TOKEN } from "../endpoint.ts";

/** Where to ask now: a server that was killed comes back somewhere else. */
export type Where = () => Promise<string>;

/** A message as the second ledger has it. */
export interface Row {
  readonly id: string;
  readonly subject: string;
  readonly state: string;
  readonly attempts: number;
}

const HEADERS = { authorization: `Bearer ${TOKEN}` };
const OVER = new Set(["sent", "failed", "unknown"]);

/** The first ledger: a client that asks until it is answered, and believes the answer. */
export async function storeUntilAnswered(where: Where, subject: string): Promise<string> {
  const message = { connection: "main", from: "a@example.com", to: `${subject}@example.com`, subject, text: "Hello" };
  const request = {
    method: "POST",
    headers: { ...HEADERS, "content-type": "application/json", prefer: "respond-async", "idempotency-key": subject },
    body: JSON.stringify(message),
  };
  for (;;) {
    const response = await fetch(`${await where()}/v1/messages`, request).catch(() => undefined);
    const text = await response?.text().catch(() => undefined);
    if (response?.status === 202 && text !== undefined) return JSON.parse(text).id;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** The second ledger: what the database says, once all is over. */
export async function untilOver(where: Where): Promise<readonly Row[]> {
  for (;;) {
    const rows = await readRows(where);
    if (rows?.every(({ state }) => OVER.has(state))) return rows;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Undefined while the server is down. */
async function readRows(where: Where): Promise<readonly Row[] | undefined> {
  const rows: Row[] = [];
  for (let cursor = ""; ; ) {
    const page = await read(where, `/v1/messages?limit=100${cursor}`);
    if (page === undefined) return undefined;
    rows.push(...page.messages);
    if (page.next === null) return rows;
    cursor = `&cursor=${page.next}`;
  }
}

/** Resolves when an attempt that is open now is not any more: others have found out that its process stands still. */
export async function untilTakenOver(where: Where, subject: string): Promise<void> {
  for (;;) {
    const page = await read(where, `/v1/messages?recipient=${subject}@example.com`);
    const id = page?.messages[0]?.id;
    const history = id === undefined ? undefined : await read(where, `/v1/messages/${id}/events`);
    const stage = history?.attempts.at(-1)?.stage;
    if (stage === "interrupted" || stage === "done") return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function read(where: Where, path: string) {
  const response = await fetch(`${await where()}${path}`, { headers: HEADERS }).catch(() => undefined);
  return response?.ok ? response.json().catch(() => undefined) : undefined;
}

/** How far a message is at the mail server; the client that brings it is known by its EHLO. */
export interface Step {
  readonly at: "recipient" | "content" | "taken";
  readonly client: string;
  readonly subject: string;
}

/** The third ledger: a mail server that drops, stalls and refuses by chance, and counts what it takes. */
export async function startCountingServer(
  dice: Dice,
  onStep: (step: Step) => void,
): Promise<{ readonly smtp: TestSmtpServer; readonly arrivals: ReadonlyMap<string, number> }> {
  const arrivals = new Map<string, number>();
  const smtp = await startSmtpServer({
    security: "none",
    server: {
      async onRcptTo({ address }, { hostNameAppearsAs: client }, callback) {
        onStep({ at: "recipient", client, subject: address.split("@")[0] ?? "" });
        if (dice.chance(0.02)) smtp.dropConnections();
        if (dice.chance(0.03)) await new Promise((resolve) => setTimeout(resolve, 200));
        callback(dice.chance(0.1) ? refusal(450) : null);
      },
      async onData(stream, { hostNameAppearsAs: client }, callback) {
        let text = "";
        try {
          for await (const chunk of stream) text += chunk;
        } catch {
          return; // the client left in the middle of its message
        }
        const subject = /^Subject: (.*)\r$/m.exec(text)?.[1] ?? "";
        onStep({ at: "content", client, subject });
        if (dice.chance(0.05)) return callback(refusal(451));
        arrivals.set(subject, (arrivals.get(subject) ?? 0) + 1);
        onStep({ at: "taken", client, subject });
        if (dice.chance(0.02)) smtp.dropConnections();
        callback(null);
      },
    },
  });
  return { smtp, arrivals };
}

function refusal(responseCode: number): Error {
  return Object.assign(new Error("Not now"), { responseCode });
}

/** Nothing is lost, and what arrived twice, or not at all, is marked `unknown`. */
export function compare(ledgers: {
  readonly subjects: readonly string[];
  /** The ids the client was answered with, in the same order. */
  readonly answered: readonly string[];
  readonly rows: readonly Row[];
  readonly arrivals: ReadonlyMap<string, number>;
}): void {
  const rows = new Map(ledgers.rows.map((row) => [row.id, row]));
  expect(rows.size).toBe(ledgers.subjects.length);
  for (const [index, subject] of ledgers.subjects.entries()) {
    const row = rows.get(ledgers.answered[index] ?? "");
    const arrived = ledgers.arrivals.get(subject) ?? 0;
    expect(row, `${subject} was answered with 202`).toMatchObject({ subject });
    if (row?.state === "sent") expect(arrived, `${subject} is sent`).toBe(1);
    else {
      const isTwice = arrived > 1;
      expect({ subject, state: row?.state, isTwice }).toEqual({ subject, state: "unknown", isTwice: false });
    }
  }
}

/** One line for whoever runs the proof. */
export function summary(rows: readonly Row[], arrivals: ReadonlyMap<string, number>): string {
  const count = (wanted: string) => rows.filter(({ state }) => state === wanted).length;
  const arrived = [...arrivals.values()].reduce((sum, times) => sum + times, 0);
  const attempts = rows.reduce((sum, row) => sum + row.attempts, 0);
  return `${attempts} attempts: ${arrived} arrived, ${count("sent")} sent, ${count("unknown")} unknown`;
}
