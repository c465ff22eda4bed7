import { type Html, html } from "./html.ts";
import { say } from "./texts.ts";

/** A message as code, ready to be pasted. */
export interface SnippetOptions {
  /** Where the API is: `https://mail.acme.com`. */
  readonly url: string;
  /** As it stands in the code; undefined for one from the environment. */
  readonly apiKey?: string | undefined;
  /** The body of `POST /v1/messages`. */
  readonly body: Readonly<Record<string, unknown>>;
}

export function asCurl({ url, apiKey, body }: SnippetOptions): string {
  return `curl ${quote(`${url}/v1/messages`)} \\
  -H "Authorization: Bearer ${apiKey ?? "$EDGEPOST_API_KEY"}" \\
  -H "Content-Type: application/json" \\
  -d ${quote(JSON.stringify(body, undefined, 2))}`;
}

export function asTypeScript({ url, apiKey, body }: SnippetOptions): string {
  const { connection, ...message } = body;
  const key = apiKey === undefined ? "process.env.EDGEPOST_API_KEY" : JSON.stringify(apiKey);
  const named = connection === undefined ? "" : `\n    connection: ${JSON.stringify(connection)},`;
  return `import { createMailer } from "@edgepost/core";
import { httpTransport } from "@edgepost/server/client";

const mailer = createMailer({
  transport: httpTransport({
    url: ${JSON.stringify(url)},
    apiKey: ${key},${named}
  }),
});

const receipt = await mailer.send(${JSON.stringify(message, undefined, 2)});
console.log(receipt.accepted);`;
}

/** A block of code. With the script there is a button beside it that copies it. */
export function snippet(title: string, code: string): Html {
  return html`<h3>${title}</h3><div class="snippet" data-copy="${say("copy.copy")}" data-copied="${say("copy.copied")}"><pre tabindex="0" aria-label="${title}"><code>${code}</code></pre></div>`;
}

/** For a POSIX shell: nothing means anything inside single quotes but the end of them. */
function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
