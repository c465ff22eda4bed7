import type { Issue } from "../errors.ts";
import { inputError } from "../errors.ts";
import { Fields } from "../util/fields.ts";
import { replaceLoneSurrogates } from "../util/safe-text.ts";
import type { AttachmentPolicy } from "./attachment.ts";
import { parseBody } from "./body.ts";
import { parseDelivery, parseListUnsubscribe } from "./delivery.ts";
import { faultOfValue, messageHeaderRule, parseHeaders } from "./headers.ts";
import type { EnvelopeInput, MessageDefaults, MessageInput } from "./input.ts";
import type { Header, Message } from "./message.ts";
import { createMessageId, parseIdDomain, parseMessageId, parseMessageIds, randomName } from "./message-id.ts";
import { parseParticipants } from "./participants.ts";
import { parseRaw } from "./raw.ts";

/** What a message takes from its surroundings. */
export interface MessageContext {
  /** For fields the message leaves out; the first that has one wins. */
  readonly defaults: readonly MessageDefaults[];
  readonly attachments: AttachmentPolicy;
  readonly clock: () => Date;
  readonly random: (bytes: number) => Uint8Array;
  /** The right side of the Message-ID. Default: the domain of the sender. */
  readonly hostname: string | undefined;
}

/** Where words of other libraries went. */
const ELSEWHERE = {
  body: '"text" or "html"',
  content: '"text" or "html"',
  message: '"text" or "html"',
  recipients: '"to"',
  returnPath: '"envelope.from"',
  list: '"listUnsubscribe"',
  unsubscribe: '"listUnsubscribe"',
  importance: '"priority"',
  icalEvent: '"calendar"',
  attachDataUrls: '"inlineDataImages"',
  dkim: 'the option "sign" of the mailer',
};

/**
 * The door: from the loose shape a user writes to the strict one that everything behind trusts. Every field is read
 * once, nothing of the input is changed or kept but the content of attachments, and everything wrong is told at once.
 *
 * @throws MailError `invalid-message` with all issues.
 */
export function parseMessage(input: MessageInput, context: MessageContext): Message {
  const issues: Issue[] = [];
  const fields = new Fields<MessageInput>(input, "", issues);
  const envelope = fields.section("envelope");
  const parse = fields.has("raw") ? parseRaw : parseWritten;
  const message = parse(fields, envelope, context, issues);
  if (fields.has("variables")) {
    fields.refuse("variables", "are not bound: pass the message through renderTemplate of @edgepost/core/template");
  }
  fields.refuseOthers(ELSEWHERE);
  if (message === undefined || issues.length > 0) throw inputError("invalid-message", issues);
  return message;
}

/** A message given by its fields. */
function parseWritten(
  fields: Fields<MessageInput>,
  envelopeFields: Fields<EnvelopeInput>,
  context: MessageContext,
  issues: Issue[],
): Message | undefined {
  const defaults = context.defaults.map((one) => new Fields<MessageDefaults>(one, "defaults", issues));
  const holderOf = (name: keyof MessageDefaults): Fields<MessageDefaults> => {
    // All are asked, so that none calls a field unknown that another one won.
    const [holder = fields] = [fields, ...defaults].filter((one) => one.has(name));
    return holder;
  };

  const participants = parseParticipants(fields, envelopeFields, holderOf, issues);
  const sender = participants?.sender ?? participants?.from[0];
  const domain = parseIdDomain(context.hostname, sender?.address ?? "", issues);
  const subject = parseSubject(fields);
  const body = parseBody(fields, context.attachments, () => `${randomName(context.random)}@${domain}`, issues);
  const headers = parseOwnHeaders(fields, holderOf("headers"), issues);
  for (const one of defaults) one.refuseOthers();
  const messageId = parseOwnId(fields, domain, context, issues);
  const date = parseDate(fields, context);
  const inReplyTo = fields.has("inReplyTo") ? parseMessageIds(fields.raw("inReplyTo"), "inReplyTo", issues) : [];
  const references = fields.has("references") ? parseMessageIds(fields.raw("references"), "references", issues) : [];
  const priority = fields.choice("priority", ["high", "normal", "low"], "normal");
  const listUnsubscribe = parseListUnsubscribe(fields, issues);
  const autoSubmitted = fields.has("autoSubmitted")
    ? fields.choice("autoSubmitted", ["no", "auto-generated", "auto-replied"], "no")
    : undefined;
  const delivery = parseDelivery(fields);
  if (participants === undefined) return undefined;
  return {
    ...participants,
    subject,
    ...body,
    headers,
    messageId,
    date,
    inReplyTo,
    references,
    priority,
    ...(listUnsubscribe !== undefined && { listUnsubscribe }),
    ...(autoSubmitted !== undefined && { autoSubmitted }),
    ...delivery,
  };
}

function parseSubject(fields: Fields<MessageInput>): string {
  const subject = fields.has("subject") ? fields.raw("subject") : "";
  const fault = faultOfValue(subject);
  if (fault !== undefined) fields.refuse("subject", fault);
  return typeof subject === "string" ? replaceLoneSurrogates(subject) : "";
}

function parseOwnHeaders(fields: Fields<MessageInput>, holder: Fields<MessageDefaults>, issues: Issue[]): Header[] {
  const headers = parseHeaders(holder.raw("headers"), holder.pathOf("headers"), messageHeaderRule, issues);
  for (const { name } of headers) {
    const twin = TWINS.get(name.toLowerCase());
    if (twin !== undefined && fields.has(twin)) fields.refuse(twin, `stands in \`headers\` too, as ${name}`);
  }
  return headers;
}

/** Headers that may be given by name where their field is not: both would be written, and readers would choose. */
const TWINS = new Map<string, "autoSubmitted" | "priority">([
  ["auto-submitted", "autoSubmitted"],
  ["x-priority", "priority"],
  ["importance", "priority"],
]);

function parseOwnId(fields: Fields<MessageInput>, domain: string, { random }: MessageContext, issues: Issue[]): string {
  if (!fields.has("messageId")) return createMessageId(random, domain);
  return parseMessageId(fields.raw("messageId"), "messageId", issues) ?? "";
}

function parseDate(fields: Fields<MessageInput>, { clock }: MessageContext): Date {
  const given = fields.has("date") ? fields.raw("date") : clock();
  const date = given instanceof Date || typeof given === "string" ? new Date(given) : new Date(Number.NaN);
  if (!isDate(date)) fields.refuse("date", "must be a Date or a date as text, from the year 1900 to 9999");
  return date;
}

/** Four digits for the year, and none before 1900 (RFC 5322 section 3.3). */
function isDate(date: Date): boolean {
  const year = date.getUTCFullYear();
  return year >= 1900 && year <= 9999;
}
