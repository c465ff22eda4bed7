import { describe, expect, onTestFinished, test } from "vitest";
import { Killable } from "../support/killable.ts";
import { startSmtpServer, type TestSmtpServer } from "../support/smtp-server.ts";
import { TOKEN } from "./endpoint.ts";
import { temporaryFolder } from "./store/drivers.ts";

const ENTRY = new URL("../../packages/server/src/node.ts", import.meta.url);
/** More, to be surer: `pnpm proof:kill`. */
const SENDS = Number(process.env.EDGEPOST_KILL_SENDS ?? 100);
const KILLS = Number(process.env.EDGEPOST_KILLS ?? 3);
const SEED = Number(process.env.EDGEPOST_KILL_SEED ?? 1);
const HEADERS = { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" };

/** The Node entry as a process of its own, which comes back on the same database each time it was killed. */
function startEndpoint({ port }: TestSmtpServer, folder: string): Killable {
  const environment = {
    EDGEPOST_API_KEY: TOKEN,
    EDGEPOST_PORT: "0",
    EDGEPOST_DATA: folder,
    EDGEPOST_CONNECTIONS: JSON.stringify({ main: { host: "127.0.0.1", port, security: "none" } }),
  };
  return new Killable(ENTRY, { environment });
}

/** A client as it should be: one key for one message, and the same request again until there is an answer. */
async function sendUntilAnswered(endpoint: Killable, subject: string): Promise<number> {
  const message = { connection: "main", from: "a@example.com", to: "b@example.com", subject, text: "Hello" };
  const request = {
    method: "POST",
    headers: { ...HEADERS, "idempotency-key": subject },
    body: JSON.stringify(message),
  };
  for (;;) {
    const url = await endpoint.url;
    const response = await fetch(`${url}/v1/messages`, request).catch(() => undefined);
    await response?.text().catch(() => {});
    if (response !== undefined && response.status !== 409 && response.status !== 503) return response.status;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function readStates(endpoint: Killable): Promise<Map<string, string>> {
  const states = new Map<string, string>();
  for (let cursor = ""; ; ) {
    const response = await fetch(`${await endpoint.url}/v1/messages?limit=100${cursor}`, { headers: HEADERS });
    const page = (await response.json()) as { messages: { subject: string; state: string }[]; next: string | null };
    for (const { subject, state } of page.messages) states.set(subject, state);
    if (page.next === null) return states;
    cursor = `&cursor=${page.next}`;
  }
}

/** How often each subject arrived. */
function countArrivals({ received }: TestSmtpServer): Map<string, number> {
  const arrivals = new Map<string, number>();
  for (const { text } of received) {
    const subject = /^Subject: (.*)\r$/m.exec(text)?.[1] ?? "";
    arrivals.set(subject, (arrivals.get(subject) ?? 0) + 1);
  }
  return arrivals;
}

describe(`kill -9, ${KILLS} times during ${SENDS} concurrent sends (seed ${SEED})`, () => {
  test("loses, repeats and invents nothing", { timeout: 600_000 }, async () => {
    // Moments are counted in answers of the mail server: MAIL, RCPT or the final dot, whatever comes then.
    const random = createRandom(SEED);
    const moments = Array.from({ length: KILLS }, () => 1 + Math.floor((random() * 3 * SENDS) / (KILLS + 1)));
    let untilNext = moments.shift();
    await using smtp = await startSmtpServer({
      security: "none",
      beforeReply() {
        if (untilNext !== undefined && --untilNext <= 0 && endpoint.kill()) untilNext = moments.shift();
      },
    });
    const endpoint = startEndpoint(smtp, temporaryFolder());
    onTestFinished(() => endpoint.stop());

    const subjects = Array.from({ length: SENDS }, (_, index) => `order-${index}`);
    const statuses = await Promise.all(subjects.map((subject) => sendUntilAnswered(endpoint, subject)));
    const states = await readStates(endpoint);
    const arrivals = countArrivals(smtp);

    const count = (wanted: string) => [...states.values()].filter((state) => state === wanted).length;
    if (process.env.EDGEPOST_KILLS !== undefined) {
      console.log(
        `${endpoint.kills} kills: ${smtp.received.length} arrived, ${count("sent")} sent, ${count("unknown")} unknown`,
      );
    }
    for (const [index, subject] of subjects.entries()) {
      const [status, state, arrived = 0] = [statuses[index], states.get(subject), arrivals.get(subject)];
      expect({ subject, status, state }).toEqual({
        subject,
        ...(state === "sent" ? { status: 200, state } : { status: 504, state: "unknown" }),
      });
      expect(arrived, `${subject} is ${state}`).toBeLessThanOrEqual(1);
      if (state === "sent") expect(arrived, `${subject} is sent`).toBe(1);
    }
    expect(endpoint.kills).toBe(KILLS);
    // Only what was on its way at a kill is lost from sight, or was being written down: two for each of five sockets.
    expect(count("unknown")).toBeLessThanOrEqual(2 * 5 * KILLS);
  });
});

/** The same numbers for the same seed (mulberry32). */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
