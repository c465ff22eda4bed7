import type { MessageState, RecipientState } from "../store/message-record.ts";
import { type Html, html } from "./html.ts";
import { name } from "./texts.ts";

/** How a state looks; what is not here waits. */
const LOOKS: Readonly<Record<string, "good" | "bad" | "warn">> = {
  sent: "good",
  accepted: "good",
  partial: "warn",
  deferred: "warn",
  unknown: "warn",
  failed: "bad",
  rejected: "bad",
};

/** What became of a message, or of one recipient: a word and a sign, never the colour alone. */
export function messageState(state: MessageState | RecipientState): Html {
  return html`<span class="badge is-${LOOKS[state] ?? "calm"}">${name("state", state)}</span>`;
}
