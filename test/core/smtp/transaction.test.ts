import type { MailErrorCode, MailPhase } from "@edgepost/core";
import type { Delivery } from "@edgepost/core/testing";
import { describe, expect, test } from "vitest";
import { failureOf, greeted, playScript, readyMail } from "../../support/engine.ts";

const GOODBYE = "C: QUIT\nS: 221 bye";

const TWO = ["b@x", "c@x"] as const;

describe.each<Delivery>(["whole", "line", "byte"])("one message, delivered by the %s", (delivery) => {
  test("step by step, where the server has no PIPELINING", async () => {
    const { transport, server } = playScript(
      `${greeted()}
       C: MAIL FROM:<a@x>
       S: 250 2.1.0 OK
       C: RCPT TO:<b@x>
       S: 251 2.1.5 forwarded
       C: RCPT TO:<c@x>
       S: 252 cannot say
       C: DATA
       S: 354 go on
       C: <data>
       S: 250 2.0.0 queued as 1
       ${GOODBYE}`,
      { delivery },
    );
    const receipt = await transport.send(readyMail({ to: TWO }));
    await transport.close?.();
    await server.done;
    expect(receipt).toEqual({
      messageId: "<1@example.com>",
      accepted: ["b@x", "c@x"],
      rejected: [],
      reply: { code: 250, enhancedCode: "2.0.0", text: "queued as 1" },
      transport: "smtp",
      size: 35,
      downgrades: [],
    });
  });

  test("in two writes, with PIPELINING", async () => {
    const { transport, server } = playScript(
      `${greeted("PIPELINING", "SIZE 1000")}
       C: MAIL FROM:<a@x> SIZE=<size>
       C: RCPT TO:<b@x>
       C: RCPT TO:<c@x>
       C: DATA
       S: 250 OK
       S: 250 OK
       S: 250 OK
       S: 354 go on
       C: <data>
       S: 250 queued
       ${GOODBYE}`,
      { delivery },
    );
    expect((await transport.send(readyMail({ to: TWO }))).accepted).toEqual(TWO);
    await transport.close?.();
    await server.done;
  });

  test("in one write, with PIPELINING and CHUNKING", async () => {
    const { transport, server } = playScript(
      `${greeted("PIPELINING", "CHUNKING")}
       C: MAIL FROM:<a@x>
       C: RCPT TO:<b@x>
       C: RCPT TO:<c@x>
       C: BDAT <size> LAST
       C: <message>
       S: 250 OK
       S: 250 OK
       S: 250 OK
       S: 250 queued
       ${GOODBYE}`,
      { delivery },
    );
    expect((await transport.send(readyMail({ to: TWO }))).accepted).toEqual(TWO);
    await transport.close?.();
    await server.done;
  });

  test("step by step, with CHUNKING alone", async () => {
    const { transport, server } = playScript(
      `${greeted("CHUNKING")}
       C: MAIL FROM:<a@x>
       S: 250 OK
       C: RCPT TO:<b@x>
       S: 250 OK
       C: BDAT <size> LAST
       C: <message>
       S: 250 queued
       ${GOODBYE}`,
      { delivery },
    );
    await transport.send(readyMail());
    await transport.close?.();
    await server.done;
  });
});

describe("some recipients refused", () => {
  const refusals = [
    { address: "c@x", reply: { code: 450, enhancedCode: "4.2.0", text: "greylisted" }, retryable: true },
  ];

  test.each([
    [
      "step by step",
      [],
      "C: MAIL FROM:<a@x>\nS: 250 OK\nC: RCPT TO:<b@x>\nS: 250 OK\nC: RCPT TO:<c@x>\nS: 450 4.2.0 greylisted\nC: DATA\nS: 354 go on\nC: <data>\nS: 250 queued",
    ],
    [
      "with PIPELINING",
      ["PIPELINING"],
      "C: MAIL FROM:<a@x>\nC: RCPT TO:<b@x>\nC: RCPT TO:<c@x>\nC: DATA\nS: 250 OK\nS: 250 OK\nS: 450 4.2.0 greylisted\nS: 354 go on\nC: <data>\nS: 250 queued",
    ],
    [
      "with CHUNKING",
      ["PIPELINING", "CHUNKING"],
      "C: MAIL FROM:<a@x>\nC: RCPT TO:<b@x>\nC: RCPT TO:<c@x>\nC: BDAT <size> LAST\nC: <message>\nS: 250 OK\nS: 250 OK\nS: 450 4.2.0 greylisted\nS: 250 queued",
    ],
  ])("does not keep the message from the others, %s", async (_, extensions, dialogue) => {
    const { transport, server } = playScript(`${greeted(...extensions)}${dialogue}\n${GOODBYE}`);
    const receipt = await transport.send(readyMail({ to: TWO }));
    expect(receipt.accepted).toEqual(["b@x"]);
    expect(receipt.rejected).toEqual(refusals);
    await transport.close?.();
    await server.done;
  });

  test.each([
    [
      "step by step",
      [],
      "C: MAIL FROM:<a@x>\nS: 250 OK\nC: RCPT TO:<b@x>\nS: 250 OK\nC: RCPT TO:<c@x>\nS: 450 4.2.0 greylisted\nC: RSET\nS: 250 OK",
    ],
    [
      "with PIPELINING",
      ["PIPELINING"],
      "C: MAIL FROM:<a@x>\nC: RCPT TO:<b@x>\nC: RCPT TO:<c@x>\nS: 250 OK\nS: 250 OK\nS: 450 4.2.0 greylisted",
    ],
    [
      "with CHUNKING",
      ["PIPELINING", "CHUNKING"],
      "C: MAIL FROM:<a@x>\nC: RCPT TO:<b@x>\nC: RCPT TO:<c@x>\nS: 250 OK\nS: 250 OK\nS: 450 4.2.0 greylisted",
    ],
  ])("keeps it from everybody when it is all or none, %s", async (_, extensions, dialogue) => {
    const { transport, server } = playScript(`${greeted(...extensions)}${dialogue}\n${GOODBYE}`);
    const error = await failureOf(transport.send(readyMail({ to: TWO }), { recipients: "all-or-none" }));
    expect(error).toMatchObject({ code: "recipients-rejected", phase: "rcpt", retryable: true, recipients: refusals });
    await transport.close?.();
    await server.done;
  });

  test("all or none sends when nobody is refused", async () => {
    const { transport, server } = playScript(
      `${greeted("PIPELINING", "CHUNKING")}
       C: MAIL FROM:<a@x>
       C: RCPT TO:<b@x>
       C: RCPT TO:<c@x>
       S: 250 OK
       S: 250 OK
       S: 250 OK
       C: BDAT <size> LAST
       C: <message>
       S: 250 queued
       ${GOODBYE}`,
    );
    await transport.send(readyMail({ to: TWO }), { recipients: "all-or-none" });
    await transport.close?.();
    await server.done;
  });
});

describe("every recipient refused", () => {
  test.each([
    ["for good", "550 no", "550 no", false],
    ["one of them for now", "550 no", "450 later", true],
  ])("is retryable if any may be tried again: %s", async (_, first, second, retryable) => {
    const { transport } = playScript(
      `${greeted()}C: MAIL FROM:<a@x>\nS: 250 OK\nC: RCPT TO:<b@x>\nS: ${first}\nC: RCPT TO:<c@x>\nS: ${second}\n-- ignore --`,
    );
    const error = await failureOf(transport.send(readyMail({ to: TWO })));
    expect(error).toMatchObject({ code: "recipients-rejected", phase: "rcpt", retryable });
    expect(error.recipients?.map(({ address }) => address)).toEqual(TWO);
  });

  test("and DATA too: the session goes on, with RSET in front of the next message", async () => {
    const { transport, server } = playScript(
      `${greeted("PIPELINING")}
       C: MAIL FROM:<a@x>
       C: RCPT TO:<b@x>
       C: DATA
       S: 250 OK
       S: 550 no
       S: 554 no valid recipients
       C: RSET
       C: MAIL FROM:<a@x>
       C: RCPT TO:<d@x>
       C: DATA
       S: 250 OK
       S: 250 OK
       S: 250 OK
       S: 354 go on
       C: <data>
       S: 250 queued
       ${GOODBYE}`,
    );
    expect((await failureOf(transport.send(readyMail()))).code).toBe("recipients-rejected");
    expect((await transport.send(readyMail({ to: ["d@x"] }))).accepted).toEqual(["d@x"]);
    await transport.close?.();
    await server.done;
  });

  test("and DATA let through: an empty message ends it, and nobody gets ours (RFC 2920)", async () => {
    const { transport, server } = playScript(
      `${greeted("PIPELINING")}
       C: MAIL FROM:<a@x>
       C: RCPT TO:<b@x>
       C: DATA
       S: 250 OK
       S: 550 no
       S: 354 go on
       C: .
       S: 554 no valid recipients
       C: MAIL FROM:<a@x>
       C: RCPT TO:<d@x>
       C: DATA
       S: 250 OK
       S: 250 OK
       S: 354 go on
       C: <data>
       S: 250 queued
       ${GOODBYE}`,
    );
    expect((await failureOf(transport.send(readyMail()))).code).toBe("recipients-rejected");
    await transport.send(readyMail({ to: ["d@x"] }));
    await transport.close?.();
    await server.done;
  });

  test("and BDAT with them: RSET before the next", async () => {
    const { transport, server } = playScript(
      `${greeted("PIPELINING", "CHUNKING")}
       C: MAIL FROM:<a@x>
       C: RCPT TO:<b@x>
       C: BDAT <size> LAST
       C: <message>
       S: 250 OK
       S: 550 no
       S: 503 no valid recipients
       C: RSET
       C: MAIL FROM:<a@x>
       C: RCPT TO:<b@x>
       C: BDAT <size> LAST
       C: <message>
       S: 250 OK
       S: 250 OK
       S: 250 OK
       S: 250 queued
       ${GOODBYE}`,
    );
    expect((await failureOf(transport.send(readyMail()))).code).toBe("recipients-rejected");
    await transport.send(readyMail());
    await transport.close?.();
    await server.done;
  });
});

test("a sender refused in a pipeline: the rest is read, and the session goes on without RSET", async () => {
  const { transport, server } = playScript(
    `${greeted("PIPELINING")}
     C: MAIL FROM:<a@x>
     C: RCPT TO:<b@x>
     C: DATA
     S: 550 5.7.1 not you
     S: 503 no sender
     S: 503 no sender
     C: MAIL FROM:<other@x>
     C: RCPT TO:<b@x>
     C: DATA
     S: 250 OK
     S: 250 OK
     S: 354 go on
     C: <data>
     S: 250 queued
     ${GOODBYE}`,
  );
  expect(await failureOf(transport.send(readyMail()))).toMatchObject({
    code: "sender-rejected",
    phase: "mail",
    reply: { code: 550, enhancedCode: "5.7.1", text: "not you" },
  });
  await transport.send(readyMail({ from: "other@x" }));
  await transport.close?.();
  await server.done;
});

interface Failure {
  readonly extensions?: readonly string[];
  readonly dialogue: string;
  readonly code: MailErrorCode;
  readonly phase: MailPhase;
  readonly retryable: boolean;
}

const MAIL = "C: MAIL FROM:<a@x>\n";
const RCPT = `${MAIL}S: 250 OK\nC: RCPT TO:<b@x>\n`;
const DATA = `${RCPT}S: 250 OK\nC: DATA\n`;
const DOT = `${DATA}S: 354 go on\nC: <data>\n`;
const ALL_IN_ONE = "C: MAIL FROM:<a@x>\nC: RCPT TO:<b@x>\nC: BDAT <size> LAST\nC: <message>\n";
const BDAT = ["PIPELINING", "CHUNKING"];

const RESET = `C: RSET\nS: 250 OK\n${GOODBYE}`;

const FAILURES: Record<string, Failure> = {
  "MAIL, closed": { dialogue: `${MAIL}-- close --`, code: "connection-lost", phase: "mail", retryable: true },
  "MAIL, reset": { dialogue: `${MAIL}-- reset --`, code: "connection-lost", phase: "mail", retryable: true },
  "MAIL, 421": { dialogue: `${MAIL}S: 421 bye\n-- ignore --`, code: "sender-rejected", phase: "mail", retryable: true },
  "MAIL, 451": {
    dialogue: `${MAIL}S: 451 later\n${GOODBYE}`,
    code: "sender-rejected",
    phase: "mail",
    retryable: true,
  },
  "MAIL, 530": {
    dialogue: `${MAIL}S: 530 5.7.0 authenticate\n${GOODBYE}`,
    code: "auth-failed",
    phase: "mail",
    retryable: false,
  },
  "MAIL, 552": {
    dialogue: `${MAIL}S: 552 too much\n${GOODBYE}`,
    code: "message-too-large",
    phase: "mail",
    retryable: false,
  },
  "MAIL, 354": {
    dialogue: `${MAIL}S: 354 go on\n-- ignore --`,
    code: "protocol-error",
    phase: "mail",
    retryable: false,
  },
  "MAIL, noise": { dialogue: `${MAIL}S: what?\n-- ignore --`, code: "protocol-error", phase: "mail", retryable: false },
  "MAIL, one reply too many": {
    dialogue: `${MAIL}S: 250 OK\nS: 250 OK\n-- ignore --`,
    code: "protocol-error",
    phase: "mail",
    retryable: false,
  },
  "RCPT, closed": { dialogue: `${RCPT}-- close --`, code: "connection-lost", phase: "rcpt", retryable: true },
  "RCPT, 421": {
    dialogue: `${RCPT}S: 421 bye\n-- ignore --`,
    code: "recipients-rejected",
    phase: "rcpt",
    retryable: true,
  },
  "RCPT, 221": { dialogue: `${RCPT}S: 221 bye\n-- ignore --`, code: "protocol-error", phase: "rcpt", retryable: false },
  "RCPT, one reply too many": {
    dialogue: `${RCPT}S: 250 OK\nS: 250 OK\n-- ignore --`,
    code: "protocol-error",
    phase: "rcpt",
    retryable: false,
  },
  "DATA, closed": { dialogue: `${DATA}-- close --`, code: "connection-lost", phase: "data", retryable: true },
  "DATA, 421": {
    dialogue: `${DATA}S: 421 bye\n-- ignore --`,
    code: "message-rejected",
    phase: "data",
    retryable: true,
  },
  "DATA, 451": {
    dialogue: `${DATA}S: 451 later\n${RESET}`,
    code: "message-rejected",
    phase: "data",
    retryable: true,
  },
  "DATA, 554": {
    dialogue: `${DATA}S: 554 no\n${RESET}`,
    code: "message-rejected",
    phase: "data",
    retryable: false,
  },
  "DATA, 250": { dialogue: `${DATA}S: 250 OK\n-- ignore --`, code: "protocol-error", phase: "data", retryable: false },
  "DATA, accepted before it was sent": {
    dialogue: `${DATA}S: 354 go on\nS: 250 queued\n-- ignore --`,
    code: "protocol-error",
    phase: "data",
    retryable: false,
  },
  "DATA, refused before it was sent": {
    dialogue: `${DATA}S: 354 go on\nS: 552 no\n-- ignore --`,
    code: "message-rejected",
    phase: "data",
    retryable: false,
  },
  "final dot, closed": { dialogue: `${DOT}-- close --`, code: "delivery-unknown", phase: "body", retryable: false },
  "final dot, reset": { dialogue: `${DOT}-- reset --`, code: "delivery-unknown", phase: "body", retryable: false },
  "final dot, half a reply": {
    dialogue: `${DOT}S= 250 qu\n-- close --`,
    code: "delivery-unknown",
    phase: "body",
    retryable: false,
  },
  "final dot, noise": {
    dialogue: `${DOT}S: what?\n-- ignore --`,
    code: "delivery-unknown",
    phase: "body",
    retryable: false,
  },
  "final dot, 354": {
    dialogue: `${DOT}S: 354 more\n-- ignore --`,
    code: "delivery-unknown",
    phase: "body",
    retryable: false,
  },
  "final dot, endless": {
    dialogue: `${DOT}-- endless 250-more\\r\\n --`,
    code: "delivery-unknown",
    phase: "body",
    retryable: false,
  },
  "final dot, 421": {
    dialogue: `${DOT}S: 421 bye\n-- ignore --`,
    code: "message-rejected",
    phase: "body",
    retryable: true,
  },
  "final dot, 451": {
    dialogue: `${DOT}S: 451 later\n${GOODBYE}`,
    code: "message-rejected",
    phase: "body",
    retryable: true,
  },
  "final dot, 554": {
    dialogue: `${DOT}S: 554 5.7.1 spam\n${GOODBYE}`,
    code: "message-rejected",
    phase: "body",
    retryable: false,
  },
  "final dot, 552 5.3.4": {
    dialogue: `${DOT}S: 552 5.3.4 large\n${GOODBYE}`,
    code: "message-too-large",
    phase: "body",
    retryable: false,
  },
  "BDAT, closed": {
    extensions: BDAT,
    dialogue: `${ALL_IN_ONE}-- close --`,
    code: "delivery-unknown",
    phase: "body",
    retryable: false,
  },
  "BDAT, closed behind MAIL and RCPT": {
    extensions: BDAT,
    dialogue: `${ALL_IN_ONE}S: 250 OK\nS: 250 OK\n-- close --`,
    code: "delivery-unknown",
    phase: "body",
    retryable: false,
  },
  "BDAT, closed behind a refused sender": {
    extensions: BDAT,
    dialogue: `${ALL_IN_ONE}S: 550 no\nS: 503 no\n-- close --`,
    code: "sender-rejected",
    phase: "mail",
    retryable: false,
  },
  "BDAT, 421 to MAIL": {
    extensions: BDAT,
    dialogue: `${ALL_IN_ONE}S: 421 bye\n-- ignore --`,
    code: "sender-rejected",
    phase: "mail",
    retryable: true,
  },
  "BDAT, 451": {
    extensions: BDAT,
    dialogue: `${ALL_IN_ONE}S: 250 OK\nS: 250 OK\nS: 451 later\n${GOODBYE}`,
    code: "message-rejected",
    phase: "body",
    retryable: true,
  },
  "BDAT, noise": {
    extensions: BDAT,
    dialogue: `${ALL_IN_ONE}S: 250 OK\nS: 250 OK\nS: what?\n-- ignore --`,
    code: "delivery-unknown",
    phase: "body",
    retryable: false,
  },
  "BDAT, one reply too many": {
    extensions: BDAT,
    dialogue: `${ALL_IN_ONE}S: 250 OK\nS: 250 OK\nS: 250 OK\nS: 550 no\n-- ignore --`,
    code: "delivery-unknown",
    phase: "body",
    retryable: false,
  },
};

test.each(Object.entries(FAILURES))("%s", async (_, { extensions = [], dialogue, code, phase, retryable }) => {
  const { transport, server } = playScript(`${greeted(...extensions)}${dialogue}`);
  const error = await failureOf(transport.send(readyMail()));
  expect(error).toMatchObject({ code, phase, retryable });
  expect(error.trace?.[0]).toBe("S: 220 ready");
  await transport.close?.();
  await server.done;
});

test("accepted is accepted, also when the link breaks behind the reply", async () => {
  const { transport } = playScript(`${greeted()}${DOT}S: 250 queued\n-- reset --`);
  expect((await transport.send(readyMail())).accepted).toEqual(["b@x"]);
});

test("accepted is accepted, also with one reply too many; but the session is not used again", async () => {
  const { transport, server } = playScript(
    `${greeted()}${DOT}S: 250 queued\nS: 250 again\n-- ignore --\n-- next connection --\n${greeted()}${DOT}S: 250 queued\n${GOODBYE}`,
  );
  expect((await transport.send(readyMail())).accepted).toEqual(["b@x"]);
  await transport.send(readyMail());
  await transport.close?.();
  await server.done;
});

describe("the size", () => {
  test("is declared, and refused before anything is sent", async () => {
    const { transport, server } = playScript(`${greeted("SIZE 34")}${GOODBYE}`);
    const error = await failureOf(transport.send(readyMail()));
    expect(error).toMatchObject({ code: "message-too-large", phase: "mail", retryable: false });
    await transport.close?.();
    await server.done;
  });

  test("of line ends that had to be repaired counts", async () => {
    const { transport, server } = playScript(
      `${greeted("SIZE", "CHUNKING")}C: MAIL FROM:<a@x> SIZE=6\nS: 250 OK\nC: RCPT TO:<b@x>\nS: 250 OK\nC: BDAT 6 LAST\nC= a\\r\\nb\\r\\n\nS: 250 OK\n${GOODBYE}`,
    );
    expect((await transport.send(readyMail({ content: "a\nb\r" }))).size).toBe(6);
    await transport.close?.();
    await server.done;
  });
});

test("nothing bare leaves, so that no message smuggles a second one", async () => {
  const content = "Subject: x\r\n\r\na\n.\nMAIL FROM:<evil@x>\r.\rRCPT TO:<evil@x>\r\n";
  const { transport, server } = playScript(
    `${greeted("PIPELINING")}${"C: MAIL FROM:<a@x>\nC: RCPT TO:<b@x>\nC: DATA\nS: 250 OK\nS: 250 OK\nS: 354 go on\n"}C= Subject: x\\r\\n\\r\\na\\r\\n..\\r\\nMAIL FROM:<evil@x>\\r\\n..\\r\\nRCPT TO:<evil@x>\\r\\n.\\r\\n\nS: 250 OK\n${GOODBYE}`,
  );
  await transport.send(readyMail({ content }));
  await transport.close?.();
  await server.done;
});

test("an address that would end its command never leaves", async () => {
  const { transport, server } = playScript(`${greeted()}${GOODBYE}`);
  for (const to of ["b@x\r\nRCPT TO:<evil@x", "b@x> NOTIFY=NEVER <", "b\0@x"]) {
    expect(await failureOf(transport.send(readyMail({ to: [to] })))).toMatchObject({
      code: "invalid-message",
      phase: "input",
    });
  }
  await transport.close?.();
  await server.done;
});
