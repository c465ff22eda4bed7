import { createHash } from "node:crypto";
import type { SmtpConnection } from "@edgepost/core";
import PostalMime from "postal-mime";
import { afterAll, beforeAll, describe, type ExpectStatic, it } from "vitest";
import { testCertificates } from "../support/tls.ts";
import type { Outcome } from "../transport-edge/workers/outcome.ts";
import { arrivalsOf, type Cell, cellsOf, outcomesOf } from "./matrix.ts";
import type { PerformRequest } from "./perform.ts";
import { type ArrivedMail, type Endpoint, type RunningServer, servers } from "./servers.ts";
import { type ExpectedMail, TO } from "./story.ts";

/** A runtime, and the transports it has. */
export interface ConformanceRuntime {
  readonly name: string;
  /** Why it cannot run on this machine, if it cannot. */
  readonly missing?: string | undefined;
  readonly transports: readonly string[];
  /** Whom its transports trust: whom the connection names, or whom the platform does. */
  readonly trusts: "connection" | "platform";
  start(): Promise<RuntimeUnderTest>;
}

export interface RuntimeUnderTest {
  perform(request: PerformRequest): Promise<Outcome[]>;
  close(): Promise<void>;
}

/** Whatever a server does, a story ends long before its test is given up. */
const TIMEOUTS = { connectMs: 25_000, replyMs: 25_000, progressMs: 25_000, finalMs: 25_000, totalMs: 50_000 };

/** Postfix hands on what it has accepted in its own time. */
const ARRIVAL = { timeout: 20_000, interval: 20 };

/** Every story, told by every transport of a runtime to every server. */
export function conformance(runtime: ConformanceRuntime): void {
  const { cells, leftOut } = cellsOf(runtime.transports);
  const title = runtime.missing === undefined ? runtime.name : `${runtime.name} (skipped: ${runtime.missing})`;

  describe.skipIf(runtime.missing !== undefined)(title, () => {
    let started: Promise<RuntimeUnderTest>;
    beforeAll(async () => {
      const reasons = [...leftOut].map(([why, count]) => `  ${count}: ${why}`);
      console.log([`${runtime.name}: ${cells.length} cells. Of those that do not exist:`, ...reasons].join("\n"));
      started = runtime.start();
      await started;
    });
    afterAll(async () => (await started).close());

    for (const { name, missing, start } of servers) {
      const own = cells.filter(({ server }) => server === name);
      const title = missing === undefined ? name : `${name} (skipped: ${missing})`;
      describe.skipIf(own.length === 0 || missing !== undefined)(title, () => {
        tellStories(own, start, async (cell, server, expect) => tell(cell, runtime, await started, server, expect));
      });
    }
  });
}

function tellStories(
  cells: readonly Cell[],
  start: () => Promise<RunningServer>,
  tell: (cell: Cell, server: RunningServer, expect: ExpectStatic) => Promise<void>,
): void {
  let server: RunningServer;
  beforeAll(async () => {
    server = await start();
  });
  afterAll(() => server.close());
  for (const cell of cells) {
    // Several at a time: most of it is spent in waiting for servers.
    it.concurrent(`${cell.transport} ${cell.story.story}`, ({ expect }) => tell(cell, server, expect));
  }
}

let runs = 0;

async function tell(
  cell: Cell,
  { trusts }: ConformanceRuntime,
  runtime: RuntimeUnderTest,
  server: RunningServer,
  expect: ExpectStatic,
): Promise<void> {
  const { transport, story } = cell;
  const id = `run-${++runs}`;
  const endpoint = await server.open(story, id);
  const { ca } = await testCertificates();
  const settings = { host: "localhost", timeouts: TIMEOUTS, ...endpoint.connection, ...story.connection };
  const connection: SmtpConnection =
    trusts === "connection" && settings.security !== "none" ? { tls: { ca }, ...settings } : settings;
  try {
    const outcomes = await runtime.perform({ transport, story: story.story, connection, id });
    expect(outcomes).toMatchObject([...outcomesOf(cell)]);
    const arrives = arrivalsOf(cell);
    if (arrives !== "unknown") await expectArrived(endpoint, arrives, expect);
    const { maxConnections = Number.POSITIVE_INFINITY } = connection.pool ?? {};
    expect(endpoint.countConnections?.() ?? 0).toBeLessThanOrEqual(maxConnections);
  } finally {
    await endpoint.close();
  }
}

/** Waits for what must arrive, and compares it as a parser we did not write reads it. */
async function expectArrived(
  endpoint: Endpoint,
  expected: readonly ExpectedMail[],
  expect: ExpectStatic,
): Promise<void> {
  const recipients = async () => mergeTransactions(await endpoint.arrived()).map(({ to }) => [...to].sort());
  await expect.poll(recipients, ARRIVAL).toEqual(expected.map(({ to = [TO] }) => [...to].sort()));

  const arrived = mergeTransactions(await endpoint.arrived());
  for (const [index, { parsed = {}, attachments = {}, parameters = {} }] of expected.entries()) {
    const mail = arrived[index] ?? expect.unreachable(`Message ${index} did not arrive.`);
    const { text = "", html = "", bcc = [], ...read } = await PostalMime.parse(mail.raw);
    expect({ ...read, bcc, text: withoutLastLineEnd(text), html: withoutLastLineEnd(html) }).toMatchObject(parsed);
    const contents = read.attachments.map(({ filename, content }) => [filename, digest(content)]);
    expect(contents).toEqual(Object.entries(attachments).map(([filename, content]) => [filename, digest(content)]));
    expect(mail.parameters ?? parameters).toMatchObject(parameters);
  }
}

/** A message that went out in several transactions is one, with the recipients of all. In the order they were sent. */
function mergeTransactions(mails: readonly ArrivedMail[]): readonly ArrivedMail[] {
  const messages = new Map<number, ArrivedMail>();
  for (const mail of mails) {
    const number = Number(/^Message-ID: <run-\d+\.(\d+)@/m.exec(Buffer.from(mail.raw).toString("latin1"))?.[1]);
    const earlier = messages.get(number);
    messages.set(number, earlier === undefined ? mail : { ...mail, to: [...earlier.to, ...mail.to] });
  }
  return [...messages].sort(([one], [other]) => one - other).map(([, mail]) => mail);
}

/** Whether a text ends with a line end is a matter of taste. */
function withoutLastLineEnd(text: string): string {
  return text.replaceAll("\r\n", "\n").replace(/\n+$/, "");
}

function digest(content: string | ArrayBuffer | Uint8Array): string {
  const bytes = typeof content === "string" ? content : new Uint8Array(content);
  return createHash("sha256").update(bytes).digest("hex");
}
