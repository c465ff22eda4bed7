import { isMailError, MailError } from "../errors.ts";
import type { AttachmentSource } from "../message/message.ts";
import { MAX_HELD_OCTETS, readWhole } from "./hold.ts";
import type { Rendered } from "./render.ts";
import { joinFields } from "./render.ts";
import type { Segment } from "./segment.ts";
import { readSegments } from "./segment.ts";
import type { SignableMessage, Signer } from "./signer.ts";

/**
 * Complete fields and nothing else, in lines of 998 octets at most: a line that belongs to none, or an empty one, would
 * change what was signed.
 */
const COMPLETE_FIELDS = /^(?:(?=.{1,998}\r)[!-9;-~]+:[\t -~]*\r\n(?:[\t ][\t -~]{0,997}\r\n)*)+$/;

/** The message with the signatures of all signers on top: each signs the same, in their order. */
export async function signMessage(
  { fields, body }: Rendered,
  signers: readonly Signer[],
  date: Date,
  signal?: AbortSignal,
): Promise<readonly Segment[]> {
  const repeatable = await makeRepeatable(body, signal);
  const message: SignableMessage = { fields, body: () => readSegments(repeatable, signal), date };
  const signatures: string[] = [];
  for (const signer of signers) signatures.push(await signatureOf(signer, message));
  return [...signatures, ...joinFields({ fields, body: repeatable })];
}

/** What can be read again, and is the same then, is read again; what is not is held in memory. */
async function makeRepeatable(body: readonly Segment[], signal?: AbortSignal): Promise<readonly Segment[]> {
  const segments: Segment[] = [];
  let room = MAX_HELD_OCTETS;
  for (const segment of body) {
    if (typeof segment === "string" || segment instanceof Uint8Array || isRepeatable(segment.source)) {
      segments.push(segment);
    } else {
      const bytes = await readWhole(segment, room, signal);
      segments.push({ ...segment, source: { kind: "bytes", bytes } });
      room -= bytes.length;
    }
  }
  return segments;
}

function isRepeatable(source: AttachmentSource): boolean {
  return source.kind === "bytes" || !(source.once || source.mayChange);
}

async function signatureOf(signer: Signer, message: SignableMessage): Promise<string> {
  let signature: string;
  try {
    signature = await signer.sign(message);
  } catch (cause) {
    throw isMailError(cause) ? cause : unsigned("its signer failed", cause);
  }
  if (!COMPLETE_FIELDS.test(signature)) throw unsigned("its signer gave something other than header fields");
  return signature;
}

function unsigned(reason: string, cause?: unknown): MailError {
  return new MailError("unsupported", `The message was not sent, because it could not be signed: ${reason}.`, {
    phase: "input",
    cause,
  });
}
