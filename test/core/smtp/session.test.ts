import { createSmtpTransport } from "@edgepost/core/smtp";
import { socketPair } from "@edgepost/core/testing";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { failureOf, greeted, playScript, readyMail } from "../../support/engine.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const NEXT = "-- next connection --\n";
const LOCKSTEP =
  "C: MAIL FROM:<a@x>\nS: 250 OK\nC: RCPT TO:<b@x>\nS: 250 OK\nC: DATA\nS: 354 go on\nC: <data>\nS: 250 queued\n";
const ENVELOPE = "C: MAIL FROM:<a@x>\nC: RCPT TO:<b@x>\n";
const PIPELINED = `${ENVELOPE}C: DATA\nS: 250 OK\nS: 250 OK\nS: 354 go on\nC: <data>\nS: 250 queued\n`;
const ONE_WRITE = `${ENVELOPE}C: BDAT <size> LAST\nC: <message>\nS: 250 OK\nS: 250 OK\nS: 250 queued\n`;
const GOODBYE = "C: QUIT\nS: 221 bye\n";
const CHUNKING = greeted("PIPELINING", "CHUNKING");

/** Sends one message and, after so long, another. Both must arrive. */
async function sendTwo(script: string, idleMs = 0): Promise<void> {
  const { transport, server } = playScript(script);
  await transport.send(readyMail());
  await vi.advanceTimersByTimeAsync(idleMs);
  const sending = transport.send(readyMail());
  await vi.advanceTimersByTimeAsync(1_000); // the longest that a dead session may hold a message up
  await sending;
  const closing = transport.close?.();
  await closing;
  await server.done;
}

describe("a session that is used again", () => {
  test.each([
    ["step by step", greeted(), LOCKSTEP],
    ["with PIPELINING", greeted("PIPELINING"), PIPELINED],
    ["with CHUNKING", CHUNKING, ONE_WRITE],
  ])("needs no RSET after a message that was taken, %s", async (_, opening, message) => {
    await sendTwo(`${opening}${message}${message}${GOODBYE}`);
  });

  test.each([
    ["was closed", "-- close --"],
    ["was reset", "-- reset --"],
    ["heard 421", "S: 421 idle too long\n-- ignore --"],
    ["heard something nobody asked for", "S: 250 OK\n-- ignore --"],
    ["heard noise", "S= what\n-- ignore --"],
  ])("is replaced without a word when it %s", async (_, end) => {
    await sendTwo(`${greeted()}${LOCKSTEP}${end}\n${NEXT}${greeted()}${LOCKSTEP}${GOODBYE}`);
  });

  const first = "C: MAIL FROM:<a@x>\n";
  test.each([
    ["closes", `${first}-- close --`],
    ["resets", `${first}-- reset --`],
    ["says 421", `${first}S: 421 bye\n-- ignore --`],
    ["says nothing", `${first}-- stall --`],
    ["says half a reply", `${first}S= 250 O\n-- stall --`],
    ["makes noise", `${first}S: what?\n-- ignore --`],
    ["answers with a wrong code", `${first}S: 354 go on\n-- ignore --`],
    ["sends a line that does not end", `${first}S= 250 \n-- endless x --`],
  ])("is replaced without a word when the server %s at the first command", async (_, reaction) => {
    await sendTwo(`${greeted()}${LOCKSTEP}${reaction}\n${NEXT}${greeted()}${LOCKSTEP}${GOODBYE}`);
  });

  test("a refusal of the next message is a refusal", async () => {
    const { transport } = playScript(`${greeted()}${LOCKSTEP}${first}S: 451 later\n-- ignore --`);
    await transport.send(readyMail());
    expect(await failureOf(transport.send(readyMail()))).toMatchObject({ code: "sender-rejected", retryable: true });
  });

  test("after the first answer it is a session like any other", async () => {
    const { transport } = playScript(`${greeted()}${LOCKSTEP}${first}S: 250 OK\nC: RCPT TO:<b@x>\n-- close --`);
    await transport.send(readyMail());
    expect(await failureOf(transport.send(readyMail()))).toMatchObject({ code: "connection-lost", phase: "rcpt" });
  });

  test("a caller who gives up at the first command gets what was asked for", async () => {
    const caller = new AbortController();
    const { transport, server } = playScript(`${greeted()}${LOCKSTEP}${first}-- ignore --`);
    await transport.send(readyMail());
    const before = server.received.length;
    const failure = failureOf(transport.send(readyMail(), { signal: caller.signal }));
    await vi.waitUntil(() => server.received.length > before);
    caller.abort();
    expect(await failure).toMatchObject({ code: "aborted", retryable: false });
  });
});

describe("with the whole message in the first write", () => {
  test("a link lost before any answer leaves the outcome unknown, and nothing is sent again", async () => {
    const { transport, server } = playScript(
      `${CHUNKING}${ONE_WRITE}${ENVELOPE}C: BDAT <size> LAST\nC: <message>\n-- close --\n${NEXT}-- ignore --`,
    );
    await transport.send(readyMail());
    expect(await failureOf(transport.send(readyMail()))).toMatchObject({ code: "delivery-unknown", retryable: false });
    expect(server.targets).toHaveLength(1);
  });

  test.each(["421 that was enough", "what?"])("%s behind the answer does not take the answer back", async (line) => {
    await sendTwo(`${CHUNKING}${ONE_WRITE}S: ${line}\n-- ignore --\n${NEXT}${CHUNKING}${ONE_WRITE}${GOODBYE}`);
  });

  test("421 to the first command is no outcome at all: another session carries it", async () => {
    await sendTwo(
      `${CHUNKING}${ONE_WRITE}${ENVELOPE}C: BDAT <size> LAST\nC: <message>\nS: 421 bye\n-- ignore --\n${NEXT}${CHUNKING}${ONE_WRITE}${GOODBYE}`,
    );
  });
});

test("after ten seconds the envelope goes first, so that a link dropped in silence can be replaced", async () => {
  const stale = `${CHUNKING}${ONE_WRITE}${ENVELOPE}-- stall --\n`;
  await sendTwo(`${stale}${NEXT}${CHUNKING}${ONE_WRITE}${GOODBYE}`, 10_001);
  await sendTwo(
    `${CHUNKING}${ONE_WRITE}${ENVELOPE}S: 250 OK\nS: 250 OK\nC: BDAT <size> LAST\nC: <message>\nS: 250 queued\n${GOODBYE}`,
    10_001,
  );
  await sendTwo(`${CHUNKING}${ONE_WRITE}${ONE_WRITE}${GOODBYE}`, 9_000);
});

describe("RSET", () => {
  const refused = "C: MAIL FROM:<a@x>\nS: 250 OK\nC: RCPT TO:<b@x>\nS: 550 no\n";
  const refusedPipelined = `${ENVELOPE}C: DATA\nS: 250 OK\nS: 550 no\nS: 554 no valid recipients\n`;

  /** One message is refused, the next must arrive. */
  async function refuseOne(script: string): Promise<void> {
    const { transport, server } = playScript(script);
    expect((await failureOf(transport.send(readyMail()))).code).toBe("recipients-rejected");
    await vi.advanceTimersByTimeAsync(1_000);
    const sending = transport.send(readyMail());
    await vi.advanceTimersByTimeAsync(1_000);
    await sending;
    await transport.close?.();
    await server.done;
  }

  test("goes out at once where it costs a round trip of its own", async () => {
    await refuseOne(`${greeted()}${refused}C: RSET\nS: 250 OK\n${LOCKSTEP}${GOODBYE}`);
  });

  test.each([
    ["closes", "-- close --"],
    ["says nothing", "-- stall --"],
    ["says 421", "S: 421 bye\n-- ignore --"],
    ["refuses it", "S: 500 what?\nC: QUIT\nS: 221 bye"],
    ["makes noise", "S: what?\n-- ignore --"],
  ])("a server that %s is left, and the next message takes another session", async (_, reaction) => {
    const isPolite = reaction.includes("QUIT");
    const ending = isPolite ? "S: 500 what?\n-- ignore --" : reaction;
    await refuseOne(`${greeted()}${refused}C: RSET\n${ending}\n${NEXT}${greeted()}${LOCKSTEP}${GOODBYE}`);
  });

  test.each([
    ["closes", "-- close --"],
    ["says nothing", "-- stall --"],
    ["says 421", "S: 421 bye\n-- ignore --"],
    ["refuses it", "S: 500 what?\n-- ignore --"],
  ])("in front of the next message: a server that %s is left without a word", async (_, reaction) => {
    await refuseOne(
      `${greeted("PIPELINING")}${refusedPipelined}C: RSET\n${ENVELOPE}C: DATA\n${reaction}\n${NEXT}${greeted("PIPELINING")}${PIPELINED}${GOODBYE}`,
    );
  });
});

describe("the end", () => {
  test("is QUIT, and not waited for longer than a second", async () => {
    const { transport } = playScript(`${greeted()}${LOCKSTEP}C: QUIT\n-- stall --`);
    await transport.send(readyMail());
    const closing = transport.close?.();
    await vi.advanceTimersByTimeAsync(1_000);
    await closing;
  });

  test("comes although the socket never says that it closed (workerd #2060)", async () => {
    const [client, server] = socketPair();
    const writer = server.writable.getWriter();
    void writer.write(new TextEncoder().encode("554 no\r\n"));
    const connect = async () => ({
      ...client,
      readable: client.readable,
      writable: client.writable,
      close: () => new Promise<void>(() => {}),
    });
    const transport = createSmtpTransport(connect, { host: "mail.example", security: "none" });
    expect((await failureOf(transport.send(readyMail()))).code).toBe("greeting-rejected");
    const closing = transport.close?.();
    await vi.advanceTimersByTimeAsync(1_000);
    await closing;
    expect(vi.getTimerCount()).toBe(0);
  });

  test("leaves no timer behind", async () => {
    const { transport } = playScript(`${greeted()}${LOCKSTEP}${GOODBYE}`);
    await transport.send(readyMail());
    await transport.close?.();
    expect(vi.getTimerCount()).toBe(0);
  });
});
