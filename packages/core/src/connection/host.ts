import { toAsciiDomain } from "../util/domain.ts";
import { isAscii } from "../util/safe-text.ts";

/** A host in the one form every runtime takes, or what is wrong with it. */
export type Host = { readonly host: string; readonly kind: "name" | "ipv4" | "ipv6" } | { readonly fault: string };

/**
 * Reads a host: a name (an internationalised one goes to its A-label, UTS-46 non-transitional), an IPv4 address, or an
 * IPv6 address with or without its brackets. Never quotes what it was given: a whole URL with a password may stand in
 * the wrong field.
 */
export function parseHost(input: string): Host {
  if (input === "") return { fault: "must not be empty" };
  if (/[\s\x00-\x1f\x7f]/.test(input)) return { fault: "must not contain white space or control characters" };
  if (input.includes("://")) return { fault: "must be a host name alone; a URL is passed to parseConnection as it is" };
  if (/[/\\?#@%]/.test(input)) return { fault: "must be a host name alone, without user, path or any of / \\ ? # @ %" };
  if (input.startsWith("[") ? /\]:/.test(input) : /^[^:]*:[^:]*$/.test(input)) {
    return { fault: 'must be a host name alone; write the port in "port"' };
  }
  return input.includes(":") ? parseIpv6(input) : parseName(input);
}

function parseIpv6(input: string): Host {
  const host = canonicalHost(input.startsWith("[") ? input : `[${input}]`);
  return host === undefined ? { fault: "is not an IPv6 address" } : { host: host.slice(1, -1), kind: "ipv6" };
}

function parseName(input: string): Host {
  const address = canonicalHost(input);
  if (address !== undefined && /^\d+(?:\.\d+){3}$/.test(address)) {
    if (address === input) return { host: address, kind: "ipv4" };
    // `0x7f.1`, `127.1`, `2130706433`: which address it is depends on the reader, and a check that reads it one way is
    // passed by a connection that reads it the other.
    return { fault: `is an ambiguous address; write ${address} if you mean that` };
  }
  // SNI and certificates have no final dot (RFC 6066 section 3).
  const name = input.endsWith(".") ? input.slice(0, -1) : input;
  // An underscore is no letter of a host name (RFC 952), but container networks have them.
  const isContainerName = name.includes("_") && isAscii(name);
  const domain = toAsciiDomain(isContainerName ? name.replaceAll("_", "x") : name);
  if (domain === undefined) return { fault: "is not a host name" };
  return { host: isContainerName ? name.toLowerCase() : domain, kind: "name" };
}

/** What a URL makes of a host, or `undefined`: the one parser of addresses that every runtime has. */
function canonicalHost(host: string): string | undefined {
  try {
    return new URL(`http://${host}`).hostname;
  } catch {
    return undefined;
  }
}

/**
 * Reads the name for EHLO (RFC 5321 section 4.1.1.1): a domain, or an address literal such as `[127.0.0.1]` or
 * `[IPv6:::1]`.
 */
export function parseClientName(input: string): { readonly clientName: string } | { readonly fault: string } {
  const literal = /^\[(IPv6:)?([^\]]*)\]$/i.exec(input);
  const parsed = parseHost(literal === null ? input : (literal[2] ?? ""));
  if ("fault" in parsed) return parsed;
  const { host, kind } = parsed;
  if (kind === "name")
    return literal === null ? { clientName: host } : { fault: "must have an address inside the brackets" };
  const written = kind === "ipv4" ? `[${host}]` : `[IPv6:${host}]`;
  if (literal === null || (literal[1] !== undefined) !== (kind === "ipv6")) {
    return { fault: `must be a name, or an address literal: write ${written}` };
  }
  return { clientName: written };
}
