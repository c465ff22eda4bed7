import type { SmtpConnection } from "@edgepost/core";
import { NO_SECRET } from "../support/credentials.ts";
import { type ExpectedOutcome, type Story, TO } from "./story.ts";

// What smtp-sink can be told to be: an old server, a slow one, one that refuses or leaves at any step.

const taken: ExpectedOutcome = { receipt: { accepted: [TO], rejected: [] } };

function fails(code: string, phase: string, retryable: boolean): ExpectedOutcome {
  return { error: { code, phase, retryable } };
}

/** A server that takes the message all the same. */
const patient: readonly [story: string, flags: readonly string[]][] = [
  ["without PIPELINING", ["-p"]],
  ["without 8BITMIME", ["-8"]],
  ["without enhanced status codes", ["-E"]],
  ["without ESMTP", ["-e"]],
  ["that greets like a CISCO PIX", ["-P"]],
  ["that takes a second for DATA", ["-w", "1"]],
  ["that takes a second for the message", ["-W", ".:1"]],
  ["that refuses EHLO", ["-f", "EHLO"]],
  ["that refuses QUIT", ["-f", "QUIT"]],
  ["that leaves at QUIT", ["-q", "QUIT"]],
];

/** What it answers a step with, and what that comes to: refused for good, refused for now, 421, gone. */
const impatient: readonly [step: string, phase: string, refused: string, gone: ExpectedOutcome][] = [
  ["CONNECT", "greeting", "greeting-rejected", fails("connection-lost", "greeting", true)],
  ["EHLO,HELO", "ehlo", "greeting-rejected", fails("connection-lost", "ehlo", true)],
  ["MAIL", "mail", "sender-rejected", fails("connection-lost", "mail", true)],
  ["RCPT", "rcpt", "recipients-rejected", fails("connection-lost", "rcpt", true)],
  ["DATA", "data", "message-rejected", fails("connection-lost", "data", true)],
  [".", "body", "message-rejected", fails("delivery-unknown", "body", false)],
];

export const sinkStories: readonly Story[] = [
  ...patient.map(
    ([story, flags]): Story => ({ ...sending(flags, taken), story: `sends to a server ${story}`, arrives: [{}] }),
  ),
  ...impatient.flatMap(([step, phase, refused, gone]): Story[] =>
    [
      { ...sending(["-f", step], fails(refused, phase, false)), story: `is refused for good at ${step}` },
      { ...sending(["-r", step], fails(refused, phase, true)), story: `is refused for now at ${step}` },
      { ...sending(["-Q", step], fails(refused, phase, true)), story: `hears 421 at ${step}` },
      { ...sending(["-q", step], gone), story: `finds the server gone at ${step}` },
      // It writes a message down before it answers.
    ].map((story) => (step === "." ? { ...story, arrives: "unknown" } : story)),
  ),
  {
    ...sending(["-A", "1"], fails("message-rejected", "body", false)),
    story: "stops when the server has had enough of a message that does not end",
    send: ({ mailer, message }) => [
      mailer.send(message({ attachments: [{ filename: "endless.bin", content: endless() }] })),
    ],
  },
  {
    ...sending(["-N"], { receipt: { accepted: [TO], downgrades: ["dsn"] } }),
    story: "names the downgrade where a delivery report is wanted and not offered",
    send: ({ mailer, message }) => [mailer.send(message({ dsn: { notify: ["success"] } }))],
    arrives: [{}],
  },
  {
    ...sending([], fails("protocol-error", "auth", false), login()),
    story: "takes the 250 with which smtp-sink answers AUTH for no login",
  },
  {
    ...sending(["-a"], { error: { code: "auth-unsupported", phase: "auth", retryable: false } }, login()),
    story: "sends nothing where a login is wanted and not offered",
  },
];

function sending(
  sinkFlags: readonly string[],
  outcome: ExpectedOutcome,
  connection: Partial<SmtpConnection> = {},
): Omit<Story, "story"> {
  return {
    sinkFlags,
    connection,
    send: ({ mailer, message }) => [mailer.send(message())],
    outcomes: [outcome],
  };
}

function endless(): ReadableStream<Uint8Array> {
  const piece = new Uint8Array(65_536);
  return new ReadableStream({ pull: (controller) => controller.enqueue(piece) });
}

function login(): Partial<SmtpConnection> {
  return { auth: { username: "ada", password: NO_SECRET }, allowClearText: true };
}
