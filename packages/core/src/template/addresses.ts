import type { Issue } from "../errors.ts";
import { parseAddresses } from "../message/address.ts";
import type { AddressInput } from "../message/input.ts";
import { isRecord } from "../util/fields.ts";
import type { Binder } from "./binder.ts";
import { inLine } from "./fit.ts";
import type { Token } from "./parse-template.ts";
import { TemplateFault } from "./parse-template.ts";

/** Lists in lists, of the message and of variables together; a message may have no more. */
const MAX_NESTING = 16;

/**
 * Binds keywords into an address field.
 *
 * A keyword that is the whole text stands for what it is bound to: an address, an object with name and address, or a
 * list of these. Anywhere else it is a part of one address, which stays one address whatever the value holds: a comma
 * in a name is a comma in a name, and no further recipient.
 */
export function bindAddresses(input: unknown, path: string, binder: Binder, depth = 0): AddressInput {
  if (typeof input === "string") return bindText(input, path, binder, depth);
  if (Array.isArray(input) && depth < MAX_NESTING) {
    return input.map((one, index) => bindAddresses(one, `${path}[${index}]`, binder, depth + 1));
  }
  return binder.texts(input as AddressInput, path, inLine);
}

function bindText(template: string, path: string, binder: Binder, depth: number): AddressInput {
  const tokens = binder.attempt(path, () => binder.parse(template)) ?? [];
  if (tokens.every(({ kind }) => kind === "text")) return template;
  const [only, ...others] = tokens.filter((token) => token.kind !== "text" || token.text.trim() !== "");
  if (only?.kind === "value" && others.length === 0)
    return bindWhole(binder.value(only.name, path), path, binder, depth);
  const addresses = binder.attempt(path, () => splitAddresses(tokens)) ?? [];
  return addresses.map((pieces) => bindAddress(pieces, path, binder));
}

/** What a variable holds: each text in it is one address, each object has a name and an address among what it has. */
function bindWhole(value: unknown, path: string, binder: Binder, depth: number): AddressInput {
  if (value === undefined || value === "") return [];
  if (Array.isArray(value) && depth < MAX_NESTING) {
    return value.map((one, index) => bindWhole(one, `${path}[${index}]`, binder, depth + 1));
  }
  if (!isRecord(value)) return readOne(value, path, binder);
  const fields = ["name", "address", "email"].filter((name) => Object.hasOwn(value, name));
  return readOne(Object.fromEntries(fields.map((name) => [name, value[name]])), path, binder);
}

/** A part of an address: text of the template, or a keyword in or outside of quotes. */
type Piece = { readonly text: string } | { readonly keyword: string; readonly isQuoted: boolean };

/** Cuts at the commas of the template itself, before a value could bring one. */
function splitAddresses(tokens: readonly Token[]): Piece[][] {
  const addresses: Piece[][] = [[]];
  let isQuoted = false;
  for (const token of tokens) {
    if (token.kind === "value") addresses.at(-1)?.push({ keyword: token.name, isQuoted });
    else if (token.kind !== "text") throw new TemplateFault("must not have sections: bind a list of addresses instead");
    else {
      for (const [text] of token.text.matchAll(/\\.|[",()]|[^\\",()]+|\\/gs)) {
        if (text === '"') isQuoted = !isQuoted;
        // A value could end the comment it stands in.
        if (/[()]/.test(text) && !isQuoted) throw new TemplateFault("must not have comments beside keywords");
        if (text === "," && !isQuoted) addresses.push([]);
        else addresses.at(-1)?.push({ text });
      }
    }
  }
  return addresses.filter((pieces) => pieces.some((piece) => "keyword" in piece || piece.text.trim() !== ""));
}

function bindAddress(pieces: readonly Piece[], path: string, binder: Binder): AddressInput {
  const texts = pieces.map((piece, index) => {
    if ("text" in piece) return piece.text;
    return binder.fitted(piece.keyword, path, (value) => quote(value, piece.isQuoted, isName(pieces, index)));
  });
  return texts.includes(undefined) ? [] : readOne(texts.join(""), path, binder);
}

/** In front of an angle bracket stands the display name. */
function isName(pieces: readonly Piece[], index: number): boolean {
  return pieces.slice(index + 1).some((piece) => "text" in piece && piece.text.includes("<"));
}

/** Puts a value in quotes where it has characters with a meaning (RFC 5322 section 3.2.3). */
function quote(value: string, isQuoted: boolean, isName: boolean): string {
  const line = inLine(value, { before: "", isRaw: false });
  const escaped = line.replace(/["\\]/g, "\\$&");
  if (isQuoted) return escaped;
  const special = isName ? /[\x00-\x1f\x7f"(),.:;<>@[\\\]]/ : /[\x00-\x1f\x7f"(),:;<>[\\\]]/;
  return special.test(line) ? `"${escaped}"` : line;
}

/** The last word, whatever was quoted before: one mailbox, and no list and no group. */
function readOne(value: unknown, path: string, binder: Binder): AddressInput {
  const issues: Issue[] = [];
  const [first, ...others] = parseAddresses(value, path, issues);
  for (const { path: at, message } of issues) binder.refuse(at, message);
  if (issues.length > 0) return [];
  if (first !== undefined && "address" in first && others.length === 0) return first;
  binder.refuse(path, "what is bound must be one address; bind a list for several");
  return [];
}
