import { createHash } from "node:crypto";
import type { InboxMail } from "./inbox.ts";

/** A mail as lines for a terminal: what every reader of mail would show, and what travels beneath it. */
export function showMail({ number, envelope, session, raw, parsed }: InboxMail): string {
  const headers = parsed.headerLines.map(({ line }) => line.replaceAll(/\r?\n/g, "\n"));
  return [
    `mail ${number}: ${raw.length} octets, ${session.tls}, logged in as ${session.username}`,
    field("envelope", `<${envelope.from}> -> ${envelope.to.map((address) => `<${address}>`).join(", ")}`),
    field("headers", headers.join("\n")),
    field("text", parsed.text ?? "(none)"),
    field("html", parsed.html === false ? "(none)" : parsed.html),
    ...parsed.attachments.map(({ filename, contentType, content }) =>
      field(
        "attachment",
        `${filename ?? "(no name)"}, ${contentType}, ${content.length} octets\nsha-256 ${sha256(content)}`,
      ),
    ),
  ].join("\n");
}

export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function field(name: string, value: string): string {
  const [first = "", ...rest] = printable(value).trimEnd().split("\n");
  return [`  ${name.padEnd(11)} ${first}`, ...rest.map((line) => `${" ".repeat(14)}${line}`.trimEnd())].join("\n");
}

/** What a sender wrote must not move the cursor or set the title of whoever looks at it. */
function printable(text: string): string {
  return text.replaceAll(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, "\u{fffd}");
}
