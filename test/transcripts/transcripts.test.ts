import { readdirSync, readFileSync } from "node:fs";
import type { SmtpAuth, SmtpConnection } from "@edgepost/core";
import { isMailError, type Receipt, type RejectedRecipient, type SendOptions } from "@edgepost/core";
import type { SmtpTransportOptions } from "@edgepost/core/smtp";
import type { Delivery } from "@edgepost/core/testing";
import { describe, expect, it } from "vitest";
import { allowSecretInClear } from "../no-secrets/leaks.ts";
import { MESSAGE, playScript, readyMail } from "../support/engine.ts";
import { aMessage } from "../support/message.ts";

/**
 * Every path of the engine as a dialogue one can read. Each file is one story, with its title first:
 *
 *   # connection {"security":"starttls"}     beside a host and a client name; default: no TLS, no credentials
 *   # send {"to":["b@x","c@x"]}              one message; default: from a@x to b@x
 *   # => accepted b@x; rejected c@x 550      what its sender is told
 *
 *   # only whole                             an early reply that comes late, cut up, answers the next command
 *
 * and then what goes over the wire, in the language of `scriptedServer`. Played whole, by line and byte by byte in both
 * directions; every byte the client sends is asserted, QUIT included.
 */

interface Send {
  readonly from?: string;
  readonly to?: readonly [string, ...string[]];
  readonly content?: string;
  readonly options?: SendOptions;
  readonly streamed?: boolean;
  readonly eightBit?: boolean;
  readonly smtpUtf8?: boolean;
  readonly requireTls?: boolean;
  readonly attachment?: boolean;
  readonly dsn?: NonNullable<ReturnType<typeof aMessage>["dsn"]>;
}

/** As JSON has it: a token function is written as the tokens it answers. */
interface WrittenConnection extends Partial<Omit<SmtpConnection, "auth">> {
  readonly auth?:
    | SmtpAuth
    | { readonly username: string; readonly accessToken: { readonly inTurn: readonly string[] } };
}

interface Story {
  readonly name: string;
  readonly title: string;
  readonly connection: WrittenConnection;
  readonly transport: SmtpTransportOptions;
  readonly sends: readonly { readonly send: Send; readonly expected: string }[];
  readonly script: string;
  readonly isOnlyWhole: boolean;
}

const folder = new URL("./", import.meta.url);
const stories = readdirSync(folder, { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".txt"))
  .sort()
  .map(readStory);

it("tells at least 120 stories", () => {
  expect(stories.length).toBeGreaterThanOrEqual(120);
});

describe.each<Delivery>(["whole", "line", "byte"])("delivered by the %s", (delivery) => {
  const told = stories.filter(({ isOnlyWhole }) => delivery === "whole" || !isOnlyWhole);

  it.each(told)("$name: $title", async ({ connection, transport: options, sends, script }) => {
    if (connection.allowClearText) allowSecretInClear();
    const { transport, server } = playScript(script, {
      connection: readyConnection(connection),
      transport: { random: countingBytes, ...options },
      delivery,
      message: sends[0]?.send.content ?? MESSAGE,
    });
    for (const { send, expected } of sends)
      expect(await outcomeOf(transport.send(mailOf(send), send.options))).toBe(expected);
    await transport.close?.();
    await server.done;
  });
});

function readStory(name: string): Story {
  const script = readFileSync(new URL(name, folder), "utf8");
  const notes = script.split("\n").flatMap((line) => (line.startsWith("# ") ? [line.slice(2)] : []));
  const [title = "", ...facts] = notes;
  const { limits, ...connection } = JSON.parse(factOf(facts, "connection") ?? "{}");
  const sends = facts
    .filter((fact) => fact.startsWith("send"))
    .map((fact) => JSON.parse(fact.slice(4) || "{}") as Send);
  const expected = facts.filter((fact) => fact.startsWith("=> ")).map((fact) => fact.slice(3));
  if (sends.length === 0 || sends.length !== expected.length)
    throw new Error(`${name} sends and expects unlike numbers.`);
  return {
    name: name.replace(/\.txt$/, ""),
    title,
    connection,
    transport: limits === undefined ? {} : { limits },
    sends: sends.map((send, index) => ({ send, expected: expected[index] ?? "" })),
    script,
    isOnlyWhole: facts.includes("only whole"),
  };
}

function factOf(facts: readonly string[], name: string): string | undefined {
  return facts.find((fact) => fact.startsWith(`${name} `))?.slice(name.length + 1);
}

/** `{"accessToken":{"inTurn":[…]}}` is a function that answers one token after the other. */
function readyConnection({ auth, ...connection }: WrittenConnection): Partial<SmtpConnection> {
  if (auth === undefined) return connection;
  const { accessToken } = auth;
  if (typeof accessToken !== "object") return { ...connection, auth: auth as SmtpAuth };
  const tokens = accessToken.inTurn.values();
  return { ...connection, auth: { username: auth.username, accessToken: () => tokens.next().value ?? "spent" } };
}

function mailOf({
  from = "a@x",
  to = ["b@x"],
  content,
  streamed,
  eightBit,
  smtpUtf8,
  requireTls,
  attachment,
  dsn,
}: Send) {
  const file = {
    contentType: "image/png",
    disposition: "attachment",
    headers: [],
    content: { kind: "bytes", bytes: new Uint8Array() },
  } as const;
  return readyMail({
    from,
    to,
    ...(content !== undefined && { content }),
    ...(streamed && { streamed }),
    ...(eightBit && { eightBit }),
    message: aMessage({
      envelope: { from, to },
      ...(dsn !== undefined && { dsn }),
      ...(requireTls && { requireTls }),
      ...(smtpUtf8 && { needsSmtpUtf8: true }),
      ...(attachment && { attachments: [file] }),
    }),
  });
}

/** What the sender is told, in the words of the `# =>` lines. */
async function outcomeOf(sending: Promise<Receipt>): Promise<string> {
  try {
    const { accepted, rejected, unknown = [], downgrades } = await sending;
    return [
      `accepted ${accepted.join(", ")}`,
      ...rejected.map(describeRejected),
      ...(unknown.length > 0 ? [`unknown ${unknown.join(", ")}`] : []),
      ...(downgrades.length > 0 ? [`downgrades ${downgrades.join(", ")}`] : []),
    ].join("; ");
  } catch (error) {
    if (!isMailError(error)) throw error;
    const { code, phase, retryable, reply, recipients = [] } = error;
    const facts = [
      `error ${code} in ${phase}`,
      ...(retryable ? ["retryable"] : []),
      ...(reply ? [`reply ${reply.code}`] : []),
    ];
    return [facts.join(", "), ...recipients.map(describeRejected)].join("; ");
  }
}

function describeRejected({ address, reply, retryable }: RejectedRecipient): string {
  return `rejected ${address} ${reply.code}${retryable ? " retryable" : ""}`;
}

/** The nonces of SCRAM, the same in every run. */
function countingBytes(bytes: number): Uint8Array {
  return Uint8Array.from({ length: bytes }, (_, index) => index);
}
