import { readdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import { PROVIDERS } from "../../packages/server/src/connections/providers.ts";
import { readEnvironment } from "../../packages/server/src/environment.ts";
import { SCOPES } from "../../packages/server/src/keys/scopes.ts";
import { type Failure, MATRIX } from "../fault-matrix/table.ts";
import { compilerOptions } from "./compile.ts";
import { readPage } from "./page.ts";
import { rowsBelow } from "./tables.ts";

// The tables of the guide are about what the sources say. Here the two are compared, so that neither changes alone.

const program = ts.createProgram(
  ["core/src/index.ts", "core/src/connectors.ts", "core/src/dkim.ts", "server/src/options.ts"].map(sourceOf),
  compilerOptions(),
);
const checker = program.getTypeChecker();

/** What is pasted from each platform, by the name of its type. */
const FORMS = [
  { platform: "Windmill", forms: ["WindmillResource"] },
  { platform: "K2View", forms: ["K2ViewInterface", "K2ViewEmail"] },
  { platform: "Prismatic", forms: ["PrismaticConnection", "PrismaticSendEmail"] },
  { platform: "Appsmith", forms: ["AppsmithDatasource", "AppsmithSendEmail"] },
  { platform: "DronaHQ", forms: ["DronaHqAccount", "DronaHqSendMail"] },
];

describe("the guide", () => {
  const errors = readPage("docs/errors.md");
  const endpoint = readPage("docs/endpoint.md");

  it("tells every error code, and none besides", () => {
    expect(firstCells(rowsBelow(errors, "## The codes"))).toEqual(wordsOf("core/src/errors.ts", "MailErrorCode"));
  });

  it("tells of every code what happened and whether to retry", () => {
    for (const [code, happened, , retry] of rowsBelow(errors, "## The codes")) {
      expect({ code, happened, retry }).toEqual({
        code,
        happened: expect.stringMatching(/\w/),
        retry: expect.stringMatching(/\w/),
      });
    }
  });

  it("advises a retry where the fault matrix does", () => {
    const advice = new Map(rowsBelow(errors, "## The codes").map(([code, , , retry = ""]) => [code, retry]));
    for (const { code, retryable } of Object.values(MATRIX).flatMap(failuresOf)) {
      expect({ code, retryable, advice: advice.get(code) }).toEqual({
        code,
        retryable,
        advice: expect.stringMatching(retryable ? /^reply$|yes/ : /^reply$|^no|^never/),
      });
    }
  });

  it("tells every phase in the order of a session", () => {
    expect(firstCells(rowsBelow(errors, "## The phases"))).toEqual(wordsOf("core/src/errors.ts", "MailPhase"));
  });

  it("tells every variable of the endpoint and its default", async () => {
    const shown = rowsBelow(endpoint, "## Configuration").map(([name, , byDefault]) => [name, byDefault]);
    expect(shown).toEqual((await documentedVariables()).map(([name, , byDefault]) => [name, byDefault]));
  });

  it("tells the variables that the endpoint knows, by its own words", () => {
    const [, known = ""] = messageOf(() => readEnvironment({ EDGEPOST_UNKNOWN: "?" })).split("known are ");
    const names = known.trim().split(", ");
    expect(firstCells(rowsBelow(endpoint, "## Configuration")).toSorted()).toEqual(names.toSorted());
  });

  it("tells every option of the app", () => {
    const named = fieldNames(rowsBelow(endpoint, "## The app in your own program"));
    expect(named.toSorted()).toEqual(fieldsOf("server/src/options.ts", "ServerOptions"));
  });

  it("tells every scope of a key", () => {
    expect(firstCells(rowsBelow(endpoint, "## Keys"))).toEqual([...SCOPES]);
  });

  it("tells every setting of a connection, and of its TLS", () => {
    const page = readPage("docs/connections.md");
    const named = fieldNames(rowsBelow(page, "## Settings")).map((name) => name.split(".")[0]);
    expect(new Set(named)).toEqual(new Set([...fieldsOf("core/src/connection.ts", "SmtpConnection"), "tls"]));
    const tls = fieldNames(rowsBelow(page, "## TLS"));
    expect(tls).toEqual(expect.arrayContaining(fieldsOf("core/src/connection.ts", "SmtpTls")));
  });

  it("tells every field of a message", () => {
    const named = fieldNames(rowsBelow(readPage("docs/messages.md"), "## Fields"));
    expect(named.toSorted()).toEqual(fieldsOf("core/src/message/input.ts", "MessageInput"));
  });

  it("tells every option of a DKIM signature", () => {
    const named = fieldNames(rowsBelow(readPage("docs/dkim.md"), "## Options"));
    expect(named.toSorted()).toEqual(fieldsOf("core/src/dkim/options.ts", "DkimOptions"));
  });

  it("tells every option of a retry", () => {
    const forTests = ["clock", "random", "sleep"];
    const options = fieldsOf("core/src/transports/retry.ts", "RetryOptions").filter((name) => !forTests.includes(name));
    expect(firstCells(rowsBelow(readPage("docs/retries.md"), "## Retry")).toSorted()).toEqual(options);
  });

  it.each(FORMS)("tells every field of the forms of $platform", ({ platform, forms }) => {
    const rows = rowsBelow(readPage("docs/connectors.md"), `## ${platform}`);
    const named = firstCells(rows).flatMap((cell) => cell.split(/`, `|`/));
    const file = `core/src/connectors/${platform.toLowerCase()}.ts`;
    expect(named).toEqual(expect.arrayContaining(forms.flatMap((form) => fieldsOf(file, form))));
  });

  it("lists every decision", async () => {
    const files = (await readdir(new URL("../../docs/decisions/", import.meta.url))).filter((name) => /^\d/.test(name));
    const lines = files.toSorted().map((file) => {
      const [title = ""] = readPage(`docs/decisions/${file}`).text.split("\n");
      return `- [${title.replace("# ", "")}](${file})`;
    });
    expect(
      readPage("docs/decisions/index.md")
        .text.split("\n")
        .filter((line) => line.startsWith("- ")),
    ).toEqual(lines);
  });

  it("has the settings of every provider that the endpoint knows", () => {
    const rows = PROVIDERS.map(({ name, host, port, security, username, hint }) => {
      return [name, host, String(port), security, username ?? "", hint];
    });
    const shown = rowsBelow(readPage("docs/providers.md"), "# Providers");
    expect(shown.map((cells) => cells.map((cell) => cell.replaceAll(/[<>]/g, "")))).toEqual(rows);
  });
});

function sourceOf(path: string): string {
  return fileURLToPath(new URL(`../../packages/${path}`, import.meta.url));
}

function typeOf(path: string, name: string): ts.Type {
  const source = program.getSourceFile(sourceOf(path));
  const module = source && checker.getSymbolAtLocation(source);
  const symbol = module && checker.getExportsOfModule(module).find((exported) => exported.name === name);
  if (symbol === undefined) throw new Error(`${path} exports no ${name}.`);
  return checker.getDeclaredTypeOfSymbol(symbol);
}

/** The members of a union of words, as they are written down. */
function wordsOf(path: string, name: string): string[] {
  const type = typeOf(path, name);
  return type.isUnion() ? type.types.flatMap((one) => (one.isStringLiteral() ? [one.value] : [])) : [];
}

function fieldsOf(path: string, name: string): string[] {
  return checker
    .getPropertiesOfType(typeOf(path, name))
    .map((field) => field.name)
    .toSorted();
}

/** The table in the comment above `readEnvironment`. */
async function documentedVariables(): Promise<string[][]> {
  const source = await readFile(sourceOf("server/src/environment.ts"), "utf8");
  const lines = Array.from(source.matchAll(/^ \* (\| `EDGEPOST_.*\|)$/gm), ([, line = ""]) => line);
  const text = ["# Variables", "| Variable | Meaning | Default |", "| --- | --- | --- |", ...lines].join("\n");
  return rowsBelow({ path: "environment.ts", text }, "# Variables");
}

function failuresOf(row: (typeof MATRIX)[keyof typeof MATRIX]): Failure[] {
  return Object.values(row).flatMap((outcome) => (outcome !== undefined && "code" in outcome ? [outcome] : []));
}

function messageOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    return String(error);
  }
  throw new Error("It was expected to fail.");
}

/** Rows that stand for several name them all, and some show a value: `textFromHtml: true`. */
function fieldNames(rows: readonly string[][]): string[] {
  const names = firstCells(rows).flatMap((cell) => cell.replaceAll("`", "").split(", "));
  return names.map((name) => name.replace(/:.*/, ""));
}

function firstCells(rows: readonly string[][]): string[] {
  return rows.map(([first = ""]) => first);
}
