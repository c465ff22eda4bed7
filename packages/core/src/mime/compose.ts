import type { AttachmentSource, Message } from "../message/message.ts";
import type { BodyForm, OutgoingMail } from "../outgoing.ts";
import { hasEightBit } from "../util/bytes.ts";
import { isComposite } from "./content-type.ts";
import { messageFields } from "./message-fields.ts";
import { bodyPart } from "./part.ts";
import { rawContent, takeApart } from "./raw.ts";
import type { Rendered } from "./render.ts";
import { joinFields, renderBody } from "./render.ts";
import type { Segment } from "./segment.ts";
import { collectSegments, streamSegments } from "./segment.ts";
import { signMessage } from "./sign.ts";
import type { Signer } from "./signer.ts";

export interface ComposeContext {
  readonly random: (bytes: number) => Uint8Array;
  readonly clock: () => Date;
  readonly signers: readonly Signer[];
}

/** The whole message in one form; waits only where it is signed. */
type Render = (form: BodyForm, signal?: AbortSignal) => readonly Segment[] | Promise<readonly Segment[]>;

/**
 * Makes mail of a checked message. Its header is written at once, so that what cannot be written fails before any
 * network; its bytes when they are first asked for, one time for each form.
 */
export function composeMessage(message: Message, context: ComposeContext): OutgoingMail {
  const { raw } = message;
  const sources = raw === undefined ? message.attachments.map(({ content }) => content) : [raw];
  const render = raw === undefined ? built(message, context) : ready(raw, context);
  const hasOneForm = raw !== undefined || context.signers.length > 0;
  const finished = new Map<BodyForm, Promise<Uint8Array>>();

  function bytes(form: BodyForm = "7bit"): Promise<Uint8Array> {
    const key = hasOneForm ? "7bit" : form;
    const known = finished.get(key);
    if (known !== undefined) return known;
    const fresh = finish(key);
    finished.set(key, fresh);
    // A failure is not kept: a source that could not be opened may be there for the next attempt.
    fresh.catch(() => finished.delete(key));
    return fresh;
  }

  async function finish(form: BodyForm): Promise<Uint8Array> {
    const segments = render(form);
    return collectSegments(segments instanceof Promise ? await segments : segments);
  }

  function stream(form: BodyForm = "7bit"): ReadableStream<Uint8Array> {
    const key = hasOneForm ? "7bit" : form;
    const known = finished.get(key);
    return streamSegments(known === undefined ? (signal) => render(key, signal) : async () => [await known]);
  }

  return {
    message,
    envelope: message.envelope,
    messageId: message.messageId,
    bytes,
    stream,
    streamed: sources.some(({ kind }) => kind === "stream"),
    // For signers, what can be read only once is held in memory.
    once: context.signers.length === 0 && sources.some((source) => source.kind === "stream" && source.once),
    ...eightBitHint(message),
    ...(context.signers.length > 0 && { signed: true }),
  };
}

function eightBitHint({ raw, attachments }: Message): Pick<OutgoingMail, "eightBit"> {
  if (raw !== undefined) return raw.kind === "bytes" ? { eightBit: hasEightBit(raw.bytes) } : {};
  const isEightBit = attachments.some(
    ({ contentType, content }) => isComposite(contentType) && (content.kind === "stream" || hasEightBit(content.bytes)),
  );
  return isEightBit ? { eightBit: true } : {};
}

function built(message: Message, { random, clock, signers }: ComposeContext): Render {
  const fields = messageFields(message);
  const part = bodyPart(message, random);
  const render = (form: BodyForm): Rendered => {
    const body = renderBody(part, form);
    return { fields: [...fields, ...body.fields], body: body.body };
  };
  if (signers.length === 0) return (form) => joinFields(render(form));
  return signedOnce((signal) => signMessage(render("7bit"), signers, clock(), signal));
}

/** A raw message is the same in every form. It is taken apart only for signers. */
function ready(source: AttachmentSource, { clock, signers }: ComposeContext): Render {
  const content = rawContent(source);
  if (signers.length === 0) return () => [content];
  return signedOnce(async (signal) => signMessage(await takeApart(content, signal), signers, clock(), signal));
}

/** Signs one time: a second attempt sends the same signatures. A failure is not kept. */
function signedOnce(sign: (signal?: AbortSignal) => Promise<readonly Segment[]>): Render {
  let signed: Promise<readonly Segment[]> | undefined;
  return (_form, signal) => {
    if (signed === undefined) {
      signed = sign(signal);
      signed.catch(() => {
        signed = undefined;
      });
    }
    return signed;
  };
}
