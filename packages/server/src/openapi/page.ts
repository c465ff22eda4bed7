import { html, raw } from "hono/html";
import { PROBLEM_CODES, titleOf } from "../http/problem.ts";
import type { OpenApiDocument } from "./document.ts";
import { OPERATIONS, type Operation } from "./operations.ts";

type Html = ReturnType<typeof html>;

/** The document as a page for people: no script, nothing from anywhere else. */
export function renderPage(document: OpenApiDocument): Html {
  const tags = [...new Set(OPERATIONS.map(({ tag }) => tag))];
  return html`<!doctype html>
    <html lang="en">
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <title>edgepost</title>
      <style>${raw(STYLE)}</style>
      <h1>edgepost</h1>
      <p>Sends mail through your own SMTP server. Bring a key as <code>Authorization: Bearer …</code>. The same as a
        machine reads it: <a href="openapi.json">openapi.json</a>.</p>
      ${tags.map((tag) => section(tag, document))}
      <h2 id="problems">Problems</h2>
      <p>Errors are <a href="https://www.rfc-editor.org/rfc/rfc9457">problem details</a>; <code>code</code> is the word to
        switch on. A mail server that asks to try later makes any of them a 503.</p>
      <table>${PROBLEM_CODES.map(problem)}</table>
      <h2 id="schemas">Schemas</h2>
      ${Object.entries(document.components.schemas).map(([name, schema]) => schemaOf(name, schema))}
    </html>`;
}

function section(tag: Operation["tag"], document: OpenApiDocument): Html {
  const operations = OPERATIONS.filter((operation) => operation.tag === tag);
  return html`<h2>${tag}</h2>${operations.map((operation) => describe(operation, document))}`;
}

function describe({ id, method, path, summary, example }: Operation, document: OpenApiDocument): Html {
  const { description = "", parameters = [] } = (document.paths[path]?.[method] ?? {}) as Described;
  const rows = parameters.map(
    ({ name, in: where, description: about = "" }) => html`<li><code>${name}</code> (${where}) ${about}</li>`,
  );
  return html`<section id="${id}">
    <h3><code>${method.toUpperCase()} ${path}</code></h3>
    <p><b>${summary}.</b> ${description}</p>
    ${rows.length > 0 ? html`<ul>${rows}</ul>` : ""}
    ${example === undefined ? "" : html`<pre>${JSON.stringify(example, undefined, 2)}</pre>`}
  </section>`;
}

interface Described {
  readonly description?: string;
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly description?: string }[];
}

function problem(code: (typeof PROBLEM_CODES)[number]): Html {
  const [status, title] = titleOf(code);
  return html`<tr id="problem-${code}"><td>${status}</td><td><code>${code}</code></td><td>${title}.</td></tr>`;
}

function schemaOf(name: string, schema: object): Html {
  return html`<details id="schema-${name}"><summary><code>${name}</code></summary><pre>${JSON.stringify(schema, undefined, 2)}</pre></details>`;
}

const STYLE = `
  body { font: 16px/1.55 system-ui, sans-serif; max-width: 52rem; margin: 2rem auto; padding: 0 1rem; color: #222; }
  code, pre { font: 14px/1.5 ui-monospace, monospace; }
  pre { background: #f5f5f5; padding: .8rem 1rem; overflow-x: auto; }
  section { border-top: 1px solid #ddd; margin: 1.2rem 0; }
  td { padding: .2rem .8rem .2rem 0; vertical-align: top; }
  :target { background: #fff6d6; }
`;
