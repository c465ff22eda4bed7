import { domainToASCII } from "node:url";
import type { EmailAddress } from "mailparser";
import { simpleParser } from "mailparser";
import type { Address } from "postal-mime";
import PostalMime, { addressParser, decodeWords } from "postal-mime";
import type { PythonEmail } from "./python-email.ts";

/** A message as an independent parser reads it, in one shape for all of them. */
export interface ReadMail {
  readonly subject: string;
  /** By field name in lower case. */
  readonly addresses: Readonly<Record<string, readonly ReadAddress[]>>;
  readonly text: string | undefined;
  readonly html: string | undefined;
  /** All other leaves, in order. */
  readonly parts: readonly ReadPart[];
  /** The values of `X-Test`, decoded. */
  readonly custom: readonly string[];
}

/** A group has no address; its members follow it. */
export interface ReadAddress {
  readonly name: string;
  readonly address: string | undefined;
}

export interface ReadPart {
  readonly type: string;
  readonly filename: string | undefined;
  readonly contentId: string | undefined;
  readonly disposition: string | undefined;
  readonly content: Buffer;
}

export const ADDRESS_FIELDS = ["from", "sender", "reply-to", "to", "cc", "bcc"] as const;

export async function readByPostalMime(bytes: Uint8Array): Promise<ReadMail> {
  const { subject = "", headers, text, html, attachments } = await PostalMime.parse(bytes, { rfc822Attachments: true });
  const valuesOf = (name: string) => headers.filter(({ key }) => key === name).map(({ value }) => value);
  return {
    subject,
    addresses: forEachField((name) => valuesOf(name).flatMap((value) => addressParser(value).flatMap(flattened))),
    text,
    html,
    parts: attachments.map(({ mimeType, filename, contentId, disposition, content }) => ({
      type: mimeType,
      filename: filename ?? undefined,
      contentId: withoutBrackets(contentId),
      disposition: disposition ?? undefined,
      content: Buffer.from(content as ArrayBuffer),
    })),
    custom: valuesOf("x-test").map(decodeWords),
  };
}

/** It shows A-labels as U-labels; we compare what was sent. */
export async function readByMailparser(bytes: Uint8Array): Promise<ReadMail> {
  const mail = await simpleParser(Buffer.from(bytes), {
    skipHtmlToText: true,
    skipTextToHtml: true,
    skipTextLinks: true,
    skipImageLinks: true,
  });
  return {
    subject: mail.subject ?? "",
    addresses: forEachField((name) => {
      const field = mail.headers.get(name);
      return isAddressField(field) ? field.value.flatMap(flattened).map(withALabels) : [];
    }),
    text: mail.text,
    html: mail.html === false ? undefined : mail.html,
    parts: mail.attachments.map(({ headers, filename, contentId, contentDisposition, content }) => ({
      // `contentType` is a guess by the extension, where application/octet-stream was written.
      type: mediaTypeOf(headers.get("content-type")),
      filename,
      contentId: withoutBrackets(contentId),
      disposition: contentDisposition,
      content,
    })),
    custom: [mail.headers.get("x-test") ?? []].flat().map((value) => decodeWords(String(value))),
  };
}

/** No defects of ours: an address by RFC 6532, and a control character in an encoded word. Both are read all the same. */
const HARMLESS = /NonASCIILocalPartDefect|NonPrintableDefect/;

/** @throws when Python finds a defect in it: its policy is strict. */
export async function readByPython(python: PythonEmail, bytes: Uint8Array): Promise<ReadMail> {
  const { error, defects, headers, addresses, parts } = await python.read(bytes);
  const faults = [error ?? [], defects ?? []].flat().filter((fault) => !HARMLESS.test(fault));
  if (faults.length > 0) throw new Error(faults.join("; "));
  const leaves = parts.map((part) => ({
    type: part.type,
    filename: part.filename ?? undefined,
    contentId: withoutBrackets(part.contentId ?? undefined),
    disposition: part.disposition ?? undefined,
    content: Buffer.from(part.content ?? "", "base64"),
  }));
  const bodyOf = (type: string) => leaves.find((leaf) => leaf.type === type && leaf.disposition === undefined);
  const [text, html] = [bodyOf("text/plain"), bodyOf("text/html")];
  return {
    subject: headers.find(([name]) => name === "Subject")?.[1] ?? "",
    addresses: forEachField((field) => {
      const [, groups = []] = Object.entries(addresses).find(([name]) => name.toLowerCase() === field) ?? [];
      return groups.flatMap(({ group, members }) => [
        ...(group === null ? [] : [{ name: group, address: undefined }]),
        ...members,
      ]);
    }),
    text: text?.content.toString(),
    html: html?.content.toString(),
    parts: leaves.filter((leaf) => leaf !== text && leaf !== html),
    custom: headers.filter(([name]) => name === "X-Test").map(([, value]) => value),
  };
}

function forEachField(read: (name: string) => readonly ReadAddress[]): ReadMail["addresses"] {
  return Object.fromEntries(ADDRESS_FIELDS.map((name) => [name, read(name)]));
}

function flattened({ name, address, group }: Address | EmailAddress): ReadAddress[] {
  return group === undefined
    ? [{ name: name ?? "", address }]
    : [{ name: name ?? "", address: undefined }, ...group.flatMap(flattened)];
}

function withALabels({ name, address }: ReadAddress): ReadAddress {
  const [, local, domain = ""] = /^(.*)@(.*)$/.exec(address ?? "") ?? [];
  return { name, address: local === undefined ? address : `${local}@${domainToASCII(domain)}` };
}

function mediaTypeOf(field: unknown): string {
  return typeof field === "object" && field !== null && "value" in field ? String(field.value) : "";
}

function isAddressField(value: unknown): value is { value: EmailAddress[] } {
  return typeof value === "object" && value !== null && "value" in value && Array.isArray(value.value);
}

function withoutBrackets(id: string | undefined): string | undefined {
  return id?.replace(/^<|>$/g, "");
}
