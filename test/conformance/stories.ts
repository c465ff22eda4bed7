import { FROM, octets, type Story, TO } from "./story.ts";

const accepted = { receipt: { accepted: [TO], rejected: [], downgrades: [], reply: { code: 250 } } };
const refusal = { address: "nobody@refused.example", reply: { code: 550 }, retryable: false };
const many = Array.from({ length: 200 }, (_, index) => `reader${index}@example.com`);
const dots = ".\n..\n.leading\nin the middle.\n.\n\n.";
const dsn = { notify: ["success"], return: "headers", envelopeId: "order-42" } as const;
const script = {
  from: { name: 'Åsa "Ö" Öberg', address: FROM },
  to: { name: "漢字, 仮名", address: TO },
  subject: "Grüße 👩‍👩‍👧‍👦 из Москвы — ¡ñandú! ".repeat(5).trim(),
  text: "naïve 👍🏽 本文\nwhitespace at the end  \nFrom here",
  html: "<p>naïve 👍🏽 本文</p>",
};

/** What every transport does, whatever the server. */
export const stories: readonly Story[] = [
  {
    story: "sends a message",
    send: ({ mailer, message }) => [mailer.send(message({ text: "Hello, Grace" }))],
    outcomes: [accepted],
    arrives: [{ parsed: { subject: "Hello", from: { address: FROM }, to: [{ address: TO }] } }],
  },
  {
    story: "keeps what is written in any script",
    send: ({ mailer, message }) => [mailer.send(message(script))],
    outcomes: [accepted],
    arrives: [{ parsed: { ...script, to: [script.to] } }],
  },
  {
    story: "keeps every octet of an attachment of a megabyte",
    send: ({ mailer, message }) => [
      mailer.send(message({ attachments: [{ filename: "naïve 漢字.bin", content: octets(1_000_000) }] })),
    ],
    outcomes: [accepted],
    arrives: [{ attachments: { "naïve 漢字.bin": octets(1_000_000) } }],
  },
  {
    story: "keeps every octet of a streamed attachment of five megabytes",
    send: ({ mailer, message }) => [
      mailer.send(message({ attachments: [{ filename: "stream.bin", content: streamOf(octets(5_000_000)) }] })),
    ],
    outcomes: [accepted],
    arrives: [{ attachments: { "stream.bin": octets(5_000_000) } }],
  },
  {
    story: "keeps dots where they stand",
    send: ({ mailer, message }) => [mailer.send(message({ text: dots }))],
    outcomes: [accepted],
    arrives: [{ parsed: { text: dots } }],
  },
  {
    story: "shows a blind copy to nobody",
    send: ({ mailer, message }) => [mailer.send(message({ bcc: "hidden@example.com" }))],
    outcomes: [{ receipt: { accepted: [TO, "hidden@example.com"] } }],
    arrives: [{ to: [TO, "hidden@example.com"], parsed: { to: [{ address: TO }], bcc: [] } }],
  },
  {
    story: "sends to the others when one recipient is refused",
    needs: ["refuses"],
    send: ({ mailer, message }) => [mailer.send(message({ to: [FROM, refusal.address, TO] }))],
    outcomes: [{ receipt: { accepted: [FROM, TO], rejected: [refusal] } }],
    arrives: [{ to: [FROM, TO] }],
  },
  {
    story: "sends to nobody when one recipient is refused and it is all or none",
    needs: ["refuses"],
    send: ({ mailer, message }) => [
      mailer.send(message({ to: [FROM, refusal.address, TO] }), { recipients: "all-or-none" }),
    ],
    outcomes: [{ error: { code: "recipients-rejected", recipients: [refusal.address], retryable: false } }],
  },
  {
    story: "fails when every recipient is refused, and sends the next message all the same",
    needs: ["refuses"],
    connection: { pool: { maxConnections: 1 } },
    send: ({ mailer, message }) => [
      mailer.send(message({ to: [refusal.address, "noone@refused.example"] })),
      mailer.send(message()),
    ],
    outcomes: [
      {
        error: {
          code: "recipients-rejected",
          phase: "rcpt",
          retryable: false,
          recipients: [refusal.address, "noone@refused.example"],
        },
      },
      accepted,
    ],
    arrives: [{}],
  },
  {
    story: "says that a recipient may be tried again",
    needs: ["refuses"],
    send: ({ mailer, message }) => [mailer.send(message({ to: "busy@refused.example" }))],
    outcomes: [{ error: { code: "recipients-rejected", reply: 450, retryable: true } }],
  },
  {
    story: "sends to 200 recipients, with one receipt",
    send: ({ mailer, message }) => [mailer.send(message({ to: many }))],
    outcomes: [{ receipt: { accepted: many, rejected: [] } }],
    arrives: [{ to: many }],
  },
  {
    story: "sends 50 messages at once over 3 connections",
    connection: { pool: { maxConnections: 3 } },
    send: ({ mailer, message }) => Array.from({ length: 50 }, () => mailer.send(message())),
    outcomes: Array(50).fill(accepted),
    arrives: Array(50).fill({}),
  },
  {
    story: "finishes what is under way when it is closed, and takes nothing afterwards",
    connection: { pool: { maxConnections: 2 } },
    send: ({ mailer, message }) => {
      const underWay = Array.from({ length: 6 }, () => mailer.send(message()));
      return [...underWay, mailer.close().then(() => mailer.send(message()))];
    },
    outcomes: [...Array(6).fill(accepted), { error: { code: "closed", phase: "input" } }],
    arrives: Array(6).fill({}),
  },
  {
    story: "writes to an address outside ASCII",
    needs: ["SMTPUTF8"],
    send: ({ mailer, message }) => [mailer.send(message({ to: "jürgen@example.com" }))],
    outcomes: [{ receipt: { accepted: ["jürgen@example.com"] } }],
    arrives: [{ to: ["jürgen@example.com"], parameters: { SMTPUTF8: true } }],
  },
  {
    story: "says that the server takes no address outside ASCII",
    lacks: ["SMTPUTF8"],
    send: ({ mailer, message }) => [mailer.send(message({ to: "jürgen@example.com" }))],
    outcomes: [{ error: { code: "smtputf8-unsupported", retryable: false } }],
  },
  {
    story: "asks for a delivery report",
    needs: ["DSN"],
    send: ({ mailer, message }) => [mailer.send(message({ dsn }))],
    outcomes: [accepted],
    arrives: [{ parameters: { RET: "HDRS", ENVID: "order-42" } }],
  },
  {
    story: "does not begin a message the server finds too large",
    way: "small",
    needs: ["SIZE"],
    send: ({ mailer, message }) => [mailer.send(message({ text: "too large ".repeat(20_000) }))],
    outcomes: [{ error: { code: "message-too-large", phase: "mail", retryable: false } }],
  },
  {
    story: "gives up a stream that becomes too large for the server",
    way: "small",
    needs: ["SIZE"],
    send: ({ mailer, message }) => [
      mailer.send(message({ attachments: [{ filename: "stream.bin", content: streamOf(octets(500_000)) }] })),
    ],
    outcomes: [{ error: { code: "message-too-large", phase: "body", retryable: false } }],
  },
  {
    story: "sends over implicit TLS",
    way: "implicit",
    needs: ["tls"],
    send: ({ mailer, message }) => [mailer.send(message())],
    outcomes: [accepted],
    arrives: [{}],
  },
  {
    story: "sends nothing where STARTTLS is wanted and not offered",
    way: "clear",
    connection: { security: "starttls" },
    send: ({ mailer, message }) => [mailer.send(message())],
    outcomes: [{ error: { code: "tls-required", retryable: false } }],
  },
  ...(["wrongNameStarttls", "wrongNameImplicit"] as const).map(
    (way): Story => ({
      story: `trusts no certificate of another name (${way === "wrongNameImplicit" ? "implicit TLS" : "STARTTLS"})`,
      way,
      needs: ["tls"],
      send: ({ mailer, message }) => [mailer.send(message())],
      outcomes: [{ error: { code: "tls-failed", phase: "tls", retryable: false } }],
    }),
  ),
  {
    story: "sends nothing with a wrong password",
    needs: ["login"],
    connection: { auth: { username: "ada", password: "wrong-canary" } },
    send: ({ mailer, message }) => [mailer.send(message())],
    outcomes: [{ error: { code: "auth-failed", phase: "auth", retryable: false, reply: 535 } }],
  },
];

function streamOf(bytes: Uint8Array<ArrayBuffer>): ReadableStream<Uint8Array> {
  return new Blob([bytes]).stream();
}
