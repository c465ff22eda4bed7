import type { StageAnswer, VerificationAnswer } from "../connections/verify.ts";
import { adviceFor } from "./advice.ts";
import { said } from "./fields.ts";
import { type Html, html, NOTHING } from "./html.ts";
import { say } from "./texts.ts";

/** What a test of a connection came to, stage by stage, and what to do where it ended. */
export function stagesOf({ stages, capabilities }: VerificationAnswer): Html {
  return html`<ol class="stages" aria-label="${say("test.stages")}">${stages.map(stageOf)}</ol>
${capabilities === null ? NOTHING : offers(capabilities)}`;
}

function stageOf({ stage, ok, ms, tls, problem }: StageAnswer): Html {
  const advice = problem && adviceFor(problem);
  return html`<li class="${ok ? "passes" : "fails"}"><span class="mark" aria-hidden="true">${ok ? "✓" : "✕"}</span>
<span class="ms">${say("test.ms", { ms })}</span><strong>${say(`test.stage-${stage}`)}</strong> <span class="unseen">${say(ok ? "test.passed" : "test.failed")}</span>
${
  tls?.certificate === undefined
    ? NOTHING
    : html`<p class="faint">${say("test.certificate", {
        protocol: tls.protocol ?? "TLS",
        subject: tls.certificate.subject,
        issuer: tls.certificate.issuer,
        until: tls.certificate.validTo.slice(0, 10),
      })}</p>`
}
${problem === undefined ? NOTHING : html`<p>${problem.detail}</p>`}
${problem?.reply === undefined || problem.detail.includes(problem.reply.text) ? NOTHING : html`<p class="faint">${say("test.reply")} ${said(problem.reply)}</p>`}
${problem?.errors === undefined ? NOTHING : problem.errors.map(({ pointer, detail }) => html`<p><code>${pointer.slice(1)}</code> ${detail}</p>`)}
${advice === undefined ? NOTHING : html`<p class="advice">${advice}</p>`}</li>`;
}

function offers(capabilities: Readonly<Record<string, string>>): Html {
  return html`<details><summary>${say("test.capabilities")}</summary><p>${Object.entries(capabilities).map(
    ([name, value]) => html`<code>${name}${value === "" ? "" : ` ${value}`}</code> `,
  )}</p></details>`;
}
