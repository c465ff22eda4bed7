import { type Issue, MailError } from "../errors.ts";
import { encodeUtf8 } from "../util/bytes.ts";
import { toAsciiDomain } from "../util/domain.ts";
import { Fields } from "../util/fields.ts";
import type { CanonicalForm } from "./canonicalize.ts";
import { DEFAULT_HEADERS, DEFAULT_OVER_SIGNED } from "./header-fields.ts";
import { readSigningKey, type SigningKey } from "./key.ts";

/** How to sign, and with what. */
export interface DkimOptions {
  /** Who signs (`d=`). An internationalised name goes to its A-label. */
  readonly domain: string;
  /** The public key stands in DNS at `<selector>._domainkey.<domain>` (`s=`). */
  readonly selector: string;
  /** PEM in PKCS#8 or PKCS#1, or a `CryptoKey`: RSA of 1024 bits or more (2048 is usual), or Ed25519. */
  readonly privateKey: string | CryptoKey;
  /** What a relay may change: header / body. Default: `relaxed/relaxed`. */
  readonly canonicalization?: `${CanonicalForm}/${CanonicalForm}` | undefined;
  /** Names of the fields to sign where present; `From` must be among them. Default: all that readers and relays rely on. */
  readonly headers?: readonly string[] | undefined;
  /** Names nobody may add another field of. Default (`true`): those a reader sees. `false`: none. */
  readonly overSign?: boolean | readonly string[] | undefined;
  /** How long the signature is valid (`x=`), in seconds. Default: for ever. */
  readonly expiresInSeconds?: number | undefined;
  /** On whose behalf (`i=`): an address, or `@` and a domain, at `domain` or below it. Default: none. */
  readonly identity?: string | undefined;
}

export interface ParsedDkimOptions {
  readonly domain: string;
  readonly selector: string;
  readonly key: SigningKey;
  readonly headerForm: CanonicalForm;
  readonly bodyForm: CanonicalForm;
  readonly headers: readonly string[];
  readonly overSign: readonly string[];
  readonly expiresInSeconds: number | undefined;
  readonly identity: string | undefined;
}

const FORMS = ["relaxed/relaxed", "relaxed/simple", "simple/relaxed", "simple/simple"] as const;

/** RFC 6376 section 3.1. Underscores are no part of a host name, but of names in DNS, and selectors have them. */
const SELECTOR = /^[a-z0-9_](?:[a-z0-9_-]{0,62})(?:\.[a-z0-9_][a-z0-9_-]{0,62})*$/i;

/** A field name (RFC 5322 section 3.6.8) that can stand in `h=`: no colon, no semicolon. */
const FIELD_NAME = /^[!-9<-~]+$/;

/** A hundred years: what `x=` has digits for is far more than any verifier accepts. */
const MAX_EXPIRY_SECONDS = 3_155_760_000;

/** What the same options are called in nodemailer. */
const ELSEWHERE = {
  domainName: '"domain"',
  keySelector: '"selector"',
  headerFieldNames: '"headers", an array',
  skipFields: '"headers", which names what is signed',
};

/** Checks everything that can be checked before the first message. */
export function parseDkimOptions(options: DkimOptions): ParsedDkimOptions {
  const issues: Issue[] = [];
  const fields = new Fields<DkimOptions>(options, "", issues);

  const domain = readDomain(fields);
  const selector = readSelector(fields);
  const key = readKey(fields);
  const form = fields.choice("canonicalization", FORMS, "relaxed/relaxed");
  const [headerForm, bodyForm] = form.split("/") as [CanonicalForm, CanonicalForm];
  const headers = readHeaders(fields);
  const overSign = readOverSign(fields);
  const expiresInSeconds = fields.has("expiresInSeconds")
    ? fields.count("expiresInSeconds", 1, MAX_EXPIRY_SECONDS)
    : undefined;
  const identity = readIdentity(fields, domain);
  fields.refuseOthers(ELSEWHERE);

  if (issues.length > 0 || key === undefined) throw unusable(issues);
  return { domain, selector, key, headerForm, bodyForm, headers, overSign, expiresInSeconds, identity };
}

/** Not about one message but about all of them; `invalid-message` is the code for what the sender has to mend. */
function unusable(issues: readonly Issue[]): MailError {
  const lines = issues.map(({ path, message }) => (path === "" ? `the options ${message}` : `${path} ${message}`));
  const what = `No message can be signed with these DKIM options: ${lines.join("; ")}`;
  return new MailError("invalid-message", what, { phase: "input", issues });
}

function readDomain(fields: Fields<DkimOptions>): string {
  const domain = fields.raw("domain");
  const ascii = typeof domain === "string" ? toAsciiDomain(domain) : undefined;
  if (ascii === undefined) fields.refuse("domain", "must be a domain name");
  return ascii ?? "";
}

function readSelector(fields: Fields<DkimOptions>): string {
  const selector = fields.raw("selector");
  if (typeof selector === "string" && SELECTOR.test(selector)) return selector;
  fields.refuse("selector", "must be letters, digits and hyphens, with dots between them");
  return "";
}

function readKey(fields: Fields<DkimOptions>): SigningKey | undefined {
  const key = readSigningKey(fields.raw("privateKey"));
  if (typeof key !== "string") return key;
  fields.refuse("privateKey", key);
  return undefined;
}

function readHeaders(fields: Fields<DkimOptions>): readonly string[] {
  const names = fields.has("headers") ? readNames(fields, "headers") : DEFAULT_HEADERS;
  // RFC 6376 section 5.4: without From a signature says nothing about who wrote the message.
  if (!names.some((name) => name.toLowerCase() === "from")) fields.refuse("headers", "must contain From");
  return names;
}

function readOverSign(fields: Fields<DkimOptions>): readonly string[] {
  const choice = fields.has("overSign") ? fields.raw("overSign") : true;
  if (typeof choice === "boolean") return choice ? DEFAULT_OVER_SIGNED : [];
  return readNames(fields, "overSign");
}

function readNames(fields: Fields<DkimOptions>, field: "headers" | "overSign"): readonly string[] {
  const names = fields.raw(field);
  if (Array.isArray(names) && names.every((name) => typeof name === "string" && FIELD_NAME.test(name)))
    return [...names];
  fields.refuse(field, "must be an array of header field names");
  return ["From"];
}

/** RFC 6376 section 3.5, `i=`: the domain is `d=` or a subdomain of it, the local part may be empty. */
function readIdentity(fields: Fields<DkimOptions>, domain: string): string | undefined {
  const identity = fields.raw("identity");
  if (identity === undefined) return undefined;
  const at = typeof identity === "string" ? identity.lastIndexOf("@") : -1;
  if (typeof identity !== "string" || at === -1) {
    fields.refuse("identity", "must be an address, or @ and a domain");
    return undefined;
  }
  const identityDomain = toAsciiDomain(identity.slice(at + 1));
  if (identityDomain !== domain && !identityDomain?.endsWith(`.${domain}`)) {
    fields.refuse("identity", "must be at `domain` or at a subdomain of it");
  }
  return `${encodeLocalPart(identity.slice(0, at))}@${identityDomain}`;
}

/** dkim-quoted-printable (section 2.11): white space, equals sign, semicolon and anything outside ASCII as `=XX`. */
function encodeLocalPart(localPart: string): string {
  return Array.from(encodeUtf8(localPart), (byte) => {
    const character = String.fromCharCode(byte);
    return /[!-:<>-~]/.test(character) ? character : `=${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }).join("");
}
