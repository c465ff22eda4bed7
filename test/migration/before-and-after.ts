import { simpleParser } from "mailparser";
import { decodeWords } from "postal-mime";
import { expect, onTestFinished } from "vitest";
import { readPage, runNamed } from "../docs/page.ts";
import { openWorkbench } from "../docs/workbench.ts";
import { type ReadMail, readByMailparser, readByPostalMime } from "../support/mail-readers.ts";
import type { ReceivedMail } from "../support/smtp-server.ts";

/** What one program of a migration page has brought. */
export interface Brought {
  /** Sender, then recipients in alphabetical order, as the server was told them; and how. */
  readonly envelope: readonly string[];
  readonly link: { readonly username: string | undefined; readonly secure: boolean };
  readonly byMailparser: ReadMail;
  readonly byPostalMime: ReadMail;
  /** By field name in lower case, unfolded and decoded, without what is random. */
  readonly headers: ReadonlyMap<string, Field>;
}

interface Field {
  readonly name: string;
  readonly value: string;
}

/** Runs the program before and the one after, to the same server. */
export async function runBoth(path: string): Promise<{ before: Brought; after: Brought }> {
  const page = readPage(path);
  const workbench = await openWorkbench(page);
  onTestFinished(() => workbench[Symbol.asyncDispose]());
  const bring = async (name: string): Promise<Brought> => {
    await workbench.run(runNamed(page, name));
    const mail = workbench.inbox.received.at(-1);
    if (mail === undefined) throw new Error(`The program ${name} of ${path} has brought nothing.`);
    return read(mail);
  };
  return { before: await bring("before"), after: await bring("after") };
}

/** The same to the people who get it, whatever the bytes are. */
export function expectSameMail(before: Brought, after: Brought): void {
  expect(after.envelope).toEqual(before.envelope);
  expect(after.link).toEqual(before.link);
  expect(withoutBcc(after.byMailparser)).toEqual(withoutBcc(before.byMailparser));
  expect(withoutBcc(after.byPostalMime)).toEqual(withoutBcc(before.byPostalMime));
}

/** The fields that differ, as rows of the table that the page has of them. */
export function differingFields(before: Brought, after: Brought): string[] {
  const fields = new Map([...before.headers, ...after.headers]);
  const cell = (field: Field | undefined): string => (field === undefined ? "–" : `\`${field.value}\``);
  return Array.from(fields, ([key, { name }]) => ({
    name,
    left: before.headers.get(key),
    right: after.headers.get(key),
  }))
    .filter(({ left, right }) => left?.value !== right?.value)
    .map(({ name, left, right }) => `| \`${name}\` | ${cell(left)} | ${cell(right)} |`)
    .sort();
}

/** The rows of the table under "What arrives differently". */
export function shownDifferences(path: string): string[] {
  const [, section = ""] = readPage(path).text.split("## What arrives differently\n");
  const [table = ""] = /^\| Field .*\n(?:\|.*\n)+/m.exec(section) ?? [];
  return table.trim().split("\n").slice(2).sort();
}

async function read({ envelope, raw, username, secure }: ReceivedMail): Promise<Brought> {
  const { headerLines } = await simpleParser(Buffer.from(raw));
  return {
    envelope: [envelope.from, ...envelope.to.toSorted()],
    link: { username, secure },
    byMailparser: await readByMailparser(raw),
    byPostalMime: await readByPostalMime(raw),
    headers: new Map(headerLines.map(({ key, line }) => [key, readField(line)])),
  };
}

function readField(line: string): Field {
  const [, name = "", value = ""] = /^([^:]+):\s*(.*)$/s.exec(line.replace(/\r\n/g, "")) ?? [];
  return { name, value: withoutWhatIsRandom(decodeWords(value)) };
}

function withoutWhatIsRandom(value: string): string {
  return value
    .replace(/;\s*boundary="[^"]*"/, "; boundary=…")
    .replace(/^<.*@(.*)>$/, "<…@$1>")
    .replace(/^\w{3}, \d.*:\d\d /, "… ");
}

/** Blind copies in a header are a leak of the program before, and an empty line at the end is nothing anybody reads. */
function withoutBcc({ addresses, text, html, ...mail }: ReadMail): object {
  return { ...mail, addresses: { ...addresses, bcc: [] }, text: text?.trimEnd(), html: html?.trimEnd() };
}
