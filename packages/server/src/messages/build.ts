import { buildMime, type Issue, isMailError, MailError, type MessageInput, type OutgoingMail } from "@edgepost/core";
import { renderTemplate } from "@edgepost/core/template";
import type { OpenConnection } from "../connections/connections.ts";
import { refuseForeignSender, withDefaults } from "../connections/sender-policy.ts";
import type { Services } from "../context.ts";
import { mergeIssues } from "../http/shape.ts";

/** A message as a request brought it. */
export interface RequestedMessage {
  readonly message: MessageInput;
  /** What the schema of the request has against its form. */
  readonly issues: readonly Issue[];
}

/**
 * The mail a request asks for: variables bound, defaults filled in, everything checked, nothing sent.
 *
 * Core checks what a message means, the schema of the documentation what it looks like; whatever either finds is told at
 * once.
 *
 * @throws MailError `invalid-message` with every issue.
 */
export async function build(
  { buildOptions, limits }: Pick<Services, "buildOptions" | "limits">,
  { message, issues }: RequestedMessage,
  { defaults, policy }: Pick<OpenConnection, "defaults" | "policy">,
): Promise<OutgoingMail> {
  try {
    const bound = message.variables === undefined ? message : renderTemplate(message);
    const mail = await buildMime(withDefaults(bound, defaults, policy), buildOptions);
    refuseForeignSender(mail.message, policy);
    refuseTooMany(mail.message.attachments, limits.maxAttachments);
    if (issues.length === 0) return mail;
  } catch (error) {
    if (!isMailError(error) || issues.length === 0) throw error;
    throw invalidMessage(mergeIssues(error.issues ?? [], issues));
  }
  throw invalidMessage(issues);
}

function refuseTooMany({ length }: readonly unknown[], most: number): void {
  if (length > most)
    throw invalidMessage([{ path: "attachments", message: `are ${length}; this server takes ${most}` }]);
}

function invalidMessage(issues: readonly Issue[]): MailError {
  const lines = issues.map(({ path, message }) => (path === "" ? message : `${path}: ${message}`));
  return new MailError("invalid-message", `The message cannot be sent: ${lines.join("; ")}`, {
    phase: "input",
    issues,
  });
}
