import { MailError } from "./errors.ts";
import type { AttachmentPolicy } from "./message/attachment.ts";
import type { MessageDefaults, MessageInput } from "./message/input.ts";
import { parseMessage } from "./message/normalize.ts";
import { composeMessage } from "./mime/compose.ts";
import type { Signer } from "./mime/signer.ts";
import type { OutgoingMail } from "./outgoing.ts";
import { randomBytes } from "./util/random.ts";

/** Everything a message takes from outside: with the same of each, the same input gives the same bytes. */
export interface BuildOptions {
  /** Signs each message, in this order; see `dkimSigner`. A signer that fails fails the send. */
  readonly sign?: Signer | readonly Signer[] | undefined;
  /** Default: the system clock. */
  readonly clock?: (() => Date) | undefined;
  /** Random bytes for Message-ID and boundaries. Default: `crypto.getRandomValues`. */
  readonly random?: ((bytes: number) => Uint8Array) | undefined;
  /** The right side of the Message-ID. Default: the domain of the sender. */
  readonly hostname?: string | undefined;
  /** How `url` and `path` attachments may be read. Default: not at all. */
  readonly attachments?: AttachmentPolicy | undefined;
}

/**
 * Builds a message without sending it: what a mailer hands to its transport.
 *
 * @throws MailError `invalid-message` with all issues; `unsupported` for an unknown option.
 *
 * @example
 * const mail = await buildMime({ from: "ada@acme.com", to: "grace@example.com", subject: "Hello", text: "…" });
 * const eml = new TextDecoder().decode(await mail.bytes());
 */
export async function buildMime(message: MessageInput, options: BuildOptions = {}): Promise<OutgoingMail> {
  refuseUnknownOptions(options, BUILD_OPTIONS);
  return prepareMail(message, options, []);
}

export const BUILD_OPTIONS: readonly string[] = ["sign", "clock", "random", "hostname", "attachments"];

/** A signer under another name would be ignored, and mail leave unsigned. @throws MailError `unsupported`. */
export function refuseUnknownOptions(options: object, known: readonly string[]): void {
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  if (unknown === undefined) return;
  throw new MailError("unsupported", `There is no option "${unknown}"; there are ${known.join(", ")}.`, {
    phase: "input",
  });
}

/** Of several defaults, the first that has a field wins. */
export function prepareMail(
  input: MessageInput,
  { sign = [], clock = () => new Date(), random = randomBytes, hostname, attachments = {} }: BuildOptions,
  defaults: readonly MessageDefaults[],
): OutgoingMail {
  const message = parseMessage(input, { defaults, attachments, clock, random, hostname });
  return composeMessage(message, { random, clock, signers: [sign].flat() });
}
