import type { SmtpReply } from "../receipt.ts";

/** What the server offered in its last EHLO (RFC 5321 section 4.1.1.1). Forgotten at STARTTLS. */
export interface Capabilities {
  readonly pipelining: boolean;
  readonly chunking: boolean;
  readonly binaryMime: boolean;
  readonly eightBitMime: boolean;
  readonly smtpUtf8: boolean;
  readonly dsn: boolean;
  readonly requireTls: boolean;
  readonly startTls: boolean;
  /** Offered. {@link Capabilities.maxSize} says how much. */
  readonly size: boolean;
  /** Largest message the server takes, in bytes; `undefined` when it does not say or sets no limit. */
  readonly maxSize: number | undefined;
  /** SASL mechanisms, upper case. */
  readonly auth: readonly string[];
  /** All keywords with their parameters, upper case. */
  readonly keywords: Readonly<Record<string, string>>;
}

/**
 * Reads the reply to EHLO. Keywords are compared whole: a server that offers `STARTTLSX` offers nothing.
 * The first line is the server's name and greeting.
 */
export function parseCapabilities({ text }: SmtpReply): Capabilities {
  const keywords = new Map<string, string>();
  for (const line of text.split("\n").slice(1)) addKeyword(keywords, line.trim().toUpperCase());
  const size = keywords.get("SIZE");
  return {
    pipelining: keywords.has("PIPELINING"),
    chunking: keywords.has("CHUNKING"),
    binaryMime: keywords.has("BINARYMIME"),
    eightBitMime: keywords.has("8BITMIME"),
    smtpUtf8: keywords.has("SMTPUTF8"),
    dsn: keywords.has("DSN"),
    requireTls: keywords.has("REQUIRETLS"),
    startTls: keywords.has("STARTTLS"),
    size: size !== undefined,
    maxSize: parseSize(size),
    auth: (keywords.get("AUTH") ?? "").split(/\s+/).filter((name) => name !== ""),
    keywords: Object.fromEntries(keywords),
  };
}

/** After HELO: a server that offers nothing. */
export const NO_CAPABILITIES: Capabilities = /* @__PURE__ */ parseCapabilities({ code: 250, text: "" });

function addKeyword(keywords: Map<string, string>, line: string): void {
  // `AUTH=LOGIN PLAIN` is how servers wrote it for clients older than RFC 2554; some write nothing else.
  const written = line.startsWith("AUTH=") ? `AUTH ${line.slice(5)}` : line;
  const space = written.indexOf(" ");
  const keyword = space === -1 ? written : written.slice(0, space);
  const parameters = space === -1 ? "" : written.slice(space + 1).trim();
  if (keyword === "") return;
  const before = keywords.get(keyword);
  keywords.set(keyword, before === undefined || before === "" ? parameters : `${before} ${parameters}`.trim());
}

/** RFC 1870 section 4: 0 is no fixed limit. */
function parseSize(parameter: string | undefined): number | undefined {
  const size = /^\d{1,15}$/.test(parameter ?? "") ? Number(parameter) : 0;
  return size > 0 ? size : undefined;
}
