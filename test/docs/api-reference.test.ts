import { describe, expect, it } from "vitest";
import { doors, specifierOf } from "../packaging/doors.ts";
import { compilePages } from "./compile.ts";
import type { Page } from "./page.ts";
import { examplesOf, exportsOf, isValue, unexplained } from "./public-names.ts";

// Whatever can be imported is explained where it is declared, down to the fields of what it takes and gives: an editor
// shows it, and the API reference is made of it.

const subjects = doors.map((door) => ({ specifier: specifierOf(door), symbols: exportsOf(door) }));

describe("every public name", () => {
  it.each(subjects)("of $specifier has a docstring, and so have its members", ({ specifier, symbols }) => {
    // The fields of a platform's form are the platform's own, explained at the address that stands beside the form.
    const isForms = specifier === "@edgepost/core/connectors";
    const names = symbols.flatMap(unexplained);
    expect(isForms ? names.filter((name) => !name.includes(".")) : names).toEqual([]);
  });
});

describe("the examples of docstrings", () => {
  it.each(subjects)("are there for everything of $specifier that runs", ({ symbols }) => {
    const without = symbols.filter((symbol) => isValue(symbol) && examplesOf(symbol).length === 0);
    expect(without.map(({ name }) => name)).toEqual([]);
  });

  const examples = subjects.flatMap(({ specifier, symbols }) =>
    symbols.flatMap((symbol) => examplesOf(symbol).map((code) => toPage(`${specifier} ${symbol.name}`, code))),
  );

  it("compile", () => {
    expect(compilePages(examples)).toEqual([]);
  });
});

/** What readers have of their own. */
const GIVEN = [
  'declare const mailer: import("@edgepost/core").Mailer;',
  'declare const message: import("@edgepost/core").MessageInput;',
  "declare function later(message: unknown): void;",
  'declare const mail: import("@edgepost/core").OutgoingMail;',
  'declare const transport: import("@edgepost/core").Transport;',
  'declare function myTransport(options: { port: number }): import("@edgepost/core").Transport;',
  'declare const connect: import("@edgepost/core/smtp").Connect;',
  'declare function openMySession(options: object): Promise<import("@edgepost/core/smtp").Session>;',
  "declare const env: { SMTP_URL: string; SMTP_SESSION: SmtpSessionNamespace; EMAIL: EmailBinding };",
  'type SmtpSessionNamespace = import("@edgepost/transport-edge/durable-object").SmtpSessionNamespace;',
  'type EmailBinding = import("@edgepost/transport-edge/email-binding").EmailBinding;',
  "declare const body: string;",
  "declare const z: { toJSONSchema(schema: object): object };",
  "declare const nodemailer: { createTransport(options: object): NodemailerTransporter };",
  'type NodemailerTransporter = import("@edgepost/transport-node/nodemailer").NodemailerTransporter;',
  "declare const sesClient: object;",
  "declare const SendEmailCommand: object;",
  "declare function serve(options: { fetch: (request: Request) => unknown; port: number }): void;",
  'declare const test: typeof import("vitest").test;',
  "declare function startTestServer(options: object): Promise<TestServer>;",
  'type TestServer = { port: number; received: import("@edgepost/core/testing").ReceivedMail[]; stop(): void };',
  ...["username", "password", "apiKey", "key", "pem", "from", "to", "subject", "text", "filename"].map(
    (name) => `declare const ${name}: string;`,
  ),
  "declare const file: File;",
];

/** An example as a page, with what it uses of ours imported where it does not do so itself. */
function toPage(path: string, code: string): Page {
  const imports = new Map<string, string>();
  for (const { specifier, symbols } of subjects) {
    for (const symbol of symbols.filter(({ name }) => name !== "default" && uses(code, name))) {
      imports.set(symbol.name, `import { ${isValue(symbol) ? "" : "type "}${symbol.name} } from "${specifier}";`);
    }
  }
  const lines = [...imports.values(), code];
  const block = { language: "ts", code: lines.join("\n"), line: 1 - imports.size, mark: undefined };
  return { path, text: "", blocks: [block], given: GIVEN };
}

function uses(code: string, name: string): boolean {
  return new RegExp(`\\b${name}\\b`).test(code) && !new RegExp(`\\bimport \\{[^}]*\\b${name}\\b`).test(code);
}
