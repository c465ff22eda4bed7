import { createMailer, type MessageInput, type SmtpConnection, type Transport } from "@edgepost/core";
import { type Outcome, outcomeOf } from "../transport-edge/workers/outcome.ts";
import { sinkStories } from "./sink-stories.ts";
import { stories } from "./stories.ts";
import { FROM, TO } from "./story.ts";

/** Makes the transports a runtime has, by name. */
export type Transports = Readonly<Record<string, (connection: SmtpConnection) => Transport>>;

/** A story to be told by one transport. */
export interface PerformRequest {
  readonly transport: string;
  readonly story: string;
  readonly connection: SmtpConnection;
  /** What its messages are known by: their Message-IDs are `<id.0@conformance.example>`, `<id.1@…`, in order. */
  readonly id: string;
}

const all = new Map([...stories, ...sinkStories].map((story) => [story.story, story]));

/** Runs in the runtime under test. */
export async function perform(transports: Transports, request: PerformRequest): Promise<Outcome[]> {
  const { transport, story, connection, id } = request;
  const create = transports[transport];
  if (create === undefined) throw new Error(`There is no transport "${transport}" in this runtime.`);
  let count = 0;
  const message = (fields: Partial<MessageInput> = {}): MessageInput => ({
    from: FROM,
    to: TO,
    subject: "Hello",
    text: "Hello",
    messageId: `<${id}.${count++}@conformance.example>`,
    ...fields,
  });
  const mailer = createMailer({ transport: create(connection) });
  const sends = all.get(story)?.send({ mailer, message }) ?? [];
  const outcomes = await Promise.all(sends.map(outcomeOf));
  await mailer.close();
  return outcomes;
}
