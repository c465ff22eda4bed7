import type { preview } from "../../messages/preview.ts";
import { type Html, html, NOTHING } from "../html.ts";
import { say } from "../texts.ts";

type Preview = Awaited<ReturnType<typeof preview>>;

/** Of the source, what is shown; attachments are base64 nobody reads. */
const SHOWN_CHARACTERS = 64 * 1024;

/** What would be sent, as its readers would see it. */
export function previewOf({ envelope, size, warnings, html: body, text, raw }: Preview): Html {
  return html`<section class="card" id="result" aria-labelledby="preview"><h2 id="preview">${say("compose.preview-title")}</h2>
<p class="faint">${say("compose.preview-nothing")} ${envelope.from} → ${envelope.to.join(", ")}</p>
${warnings.length === 0 ? html`<p class="note good">${say("compose.preview-fine")}</p>` : html`<div class="note warn"><p><strong>${say("compose.preview-warnings")}</strong></p><ul>${warnings.map(({ message }) => html`<li>${message}</li>`)}</ul></div>`}
${
  body === null
    ? NOTHING
    : html`<h3>${say("compose.preview-html")}</h3><p class="faint">${say("compose.preview-html-about")}</p>
<iframe sandbox="" srcdoc="${framed(body)}" title="${say("compose.preview-html")}"></iframe>`
}
${text === null ? NOTHING : html`<h3>${say("compose.preview-text")}</h3><pre class="wrap" tabindex="0" aria-label="${say("compose.preview-text")}">${text}</pre>`}
<h3>${say("compose.preview-source", { size: say("message.octets", { count: size }) })}</h3>
<pre tabindex="0" aria-label="${say("message.source")}"><code>${raw.slice(0, SHOWN_CHARACTERS)}</code></pre>
${raw.length > SHOWN_CHARACTERS ? html`<p class="faint">${say("compose.preview-cut")}</p>` : NOTHING}</section>`;
}

/** With a policy of its own before anything else, beside that of the page and the sandbox: three locks on one door. */
function framed(body: string): string {
  const policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'";
  return `<!doctype html><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${policy}">${body}`;
}
