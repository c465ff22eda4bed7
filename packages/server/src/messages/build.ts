import {
  type BuildOptions,
  buildMime,
  isMailError,
  MailError,
  type MessageInput,
  type OutgoingMail,
} from "@edgepost/core";
import { messageSchema } from "@edgepost/core/schema";
import { renderTemplate } from "@edgepost/core/template";
import type { OpenConnection } from "../connections/connections.ts";
import { refuseForeignSender, withDefaults } from "../connections/sender-policy.ts";
import { mergeIssues, shapeIssues } from "../http/shape.ts";

/**
 * The mail a body asks for: variables bound, defaults filled in, everything checked, nothing sent.
 *
 * Core checks what a message means and the schema of the documentation what it looks like; whatever either finds is told
 * at once.
 *
 * @throws MailError `invalid-message` with every issue.
 */
export async function build(
  message: MessageInput,
  { defaults, policy }: Pick<OpenConnection, "defaults" | "policy">,
  options: BuildOptions,
): Promise<OutgoingMail> {
  const shape = shapeIssues(messageSchema, message);
  try {
    const bound = message.variables === undefined ? message : renderTemplate(message);
    const mail = await buildMime(withDefaults(bound, defaults, policy), options);
    refuseForeignSender(mail.message, policy);
    if (shape.length === 0) return mail;
  } catch (error) {
    if (!isMailError(error) || shape.length === 0) throw error;
    throw invalidMessage(mergeIssues(error.issues ?? [], shape));
  }
  throw invalidMessage(shape);
}

function invalidMessage(issues: readonly { readonly path: string; readonly message: string }[]): MailError {
  const lines = issues.map(({ path, message }) => (path === "" ? message : `${path}: ${message}`));
  return new MailError("invalid-message", `The message cannot be sent: ${lines.join("; ")}`, {
    phase: "input",
    issues,
  });
}
