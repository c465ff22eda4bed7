import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { Dice } from "../../support/dice.ts";
import { Killable } from "../../support/killable.ts";
import { startSmtpServer } from "../../support/smtp-server.ts";
import { TOKEN } from "../endpoint.ts";
import { temporaryFolder } from "../store/drivers.ts";

/** More, to be surer: `pnpm proof:ledger`. */
const MESSAGES = Number(process.env.EDGEPOST_LEDGER_MESSAGES ?? 80);
const KILLS = Number(process.env.EDGEPOST_LEDGER_KILLS ?? 3);
const SEED = Number(process.env.EDGEPOST_LEDGER_SEED ?? 1);
const HEADERS = { authorization: `Bearer ${TOKEN}` };
const OVER = new Set(["sent", "failed", "unknown"]);

interface Row {
  readonly id: string;
  readonly subject: string;
  readonly state: string;
  readonly attempts: number;
}

/** The first ledger: a client that asks until it is answered, and believes the answer. */
async function storeUntilAnswered(server: Killable, subject: string): Promise<string> {
  const request = {
    method: "POST",
    headers: { ...HEADERS, "content-type": "application/json", prefer: "respond-async", "idempotency-key": subject },
    body: JSON.stringify({ connection: "main", from: "a@example.com", to: "b@example.com", subject, text: "Hello" }),
  };
  for (;;) {
    const response = await fetch(`${await server.url}/v1/messages`, request).catch(() => undefined);
    const text = await response?.text().catch(() => undefined);
    if (response?.status === 202 && text !== undefined) return JSON.parse(text).id;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** The second ledger: what the database says. Undefined while the server is down. */
async function readRows(server: Killable): Promise<readonly Row[] | undefined> {
  const rows: Row[] = [];
  for (let cursor = ""; ; ) {
    const request = fetch(`${await server.url}/v1/messages?limit=100${cursor}`, { headers: HEADERS });
    const page = await request.then((response) => response.json()).catch(() => undefined);
    if (page === undefined) return undefined;
    rows.push(...page.messages);
    if (page.next === null) return rows;
    cursor = `&cursor=${page.next}`;
  }
}

async function untilOver(server: Killable): Promise<readonly Row[]> {
  for (;;) {
    const rows = await readRows(server);
    if (rows?.every(({ state }) => OVER.has(state))) return rows;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

describe(`${MESSAGES} messages, and kill -9 ${KILLS} times (seed ${SEED})`, () => {
  test("three ledgers agree: nothing is lost, and nothing arrives twice", { timeout: 1_200_000 }, async () => {
    const dice = new Dice(SEED);
    // Moments are counted in what the mail server is asked: RCPT or the final dot, whatever comes then.
    const moments = Array.from({ length: KILLS }, () => 1 + dice.below((2 * MESSAGES) / (KILLS + 1)));
    let untilNext = moments.shift();
    const mayKill = () => {
      if (untilNext !== undefined && --untilNext <= 0 && server.kill()) untilNext = moments.shift();
    };
    /** The third ledger: how often each subject was taken. */
    const arrivals = new Map<string, number>();
    await using smtp = await startSmtpServer({
      security: "none",
      server: {
        async onRcptTo(_address, _session, callback) {
          mayKill();
          if (dice.chance(0.02)) smtp.dropConnections();
          if (dice.chance(0.03)) await new Promise((resolve) => setTimeout(resolve, 200));
          callback(dice.chance(0.1) ? refusal(450) : null);
        },
        async onData(stream, _session, callback) {
          let text = "";
          try {
            for await (const chunk of stream) text += chunk;
          } catch {
            return; // the client left in the middle of its message
          }
          mayKill();
          if (dice.chance(0.05)) return callback(refusal(451));
          const subject = /^Subject: (.*)\r$/m.exec(text)?.[1] ?? "";
          arrivals.set(subject, (arrivals.get(subject) ?? 0) + 1);
          mayKill();
          if (dice.chance(0.02)) smtp.dropConnections();
          callback(null);
        },
      },
    });
    const database = join(temporaryFolder(), "edgepost.db");
    const server = new Killable(new URL("queue-server.ts", import.meta.url), { given: [database, String(smtp.port)] });
    onTestFinished(() => server.stop());

    const subjects = Array.from({ length: MESSAGES }, (_, index) => `order-${index}`);
    const answered = await Promise.all(subjects.map((subject) => storeUntilAnswered(server, subject)));
    const rows = new Map((await untilOver(server)).map((row) => [row.id, row]));

    const count = (wanted: string) => [...rows.values()].filter(({ state }) => state === wanted).length;
    const inAll = [...arrivals.values()].reduce((sum, times) => sum + times, 0);
    if (process.env.EDGEPOST_LEDGER_KILLS !== undefined) {
      const attempts = [...rows.values()].reduce((sum, row) => sum + row.attempts, 0);
      console.log(
        `${server.kills} kills, ${attempts} attempts: ${inAll} arrived, ${count("sent")} sent, ${count("unknown")} unknown`,
      );
    }
    expect(rows.size).toBe(MESSAGES);
    for (const [index, subject] of subjects.entries()) {
      const row = rows.get(answered[index] ?? "");
      const arrived = arrivals.get(subject) ?? 0;
      expect(row, `${subject} was answered with 202`).toMatchObject({ subject });
      if (row?.state === "sent") expect(arrived, `${subject} is sent`).toBe(1);
      else
        expect({ subject, state: row?.state, isTwice: arrived > 1 }).toEqual({
          subject,
          state: "unknown",
          isTwice: false,
        });
    }
    expect(server.kills).toBe(KILLS);
  });
});

function refusal(responseCode: number): Error {
  return Object.assign(new Error("Not now"), { responseCode });
}
