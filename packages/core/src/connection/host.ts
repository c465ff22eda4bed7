/** Octets of a domain name in text form (RFC 1035 section 2.3.4), and of one of its labels. */
const MAX_NAME_BYTES = 253;
const MAX_LABEL_BYTES = 63;

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
  const literal = input.startsWith("[") ? input : `[${input}]`;
  const host = canonicalHost(literal);
  return host === undefined ? { fault: "is not an IPv6 address" } : { host: host.slice(1, -1), kind: "ipv6" };
}

function parseName(input: string): Host {
  // A URL's host is the one UTS-46 implementation that every runtime has.
  const host = canonicalHost(input);
  if (host === undefined) return { fault: "is not a host name" };
  if (/^\d+\.\d+\.\d+\.\d+$/.test(host)) {
    // `0x7f.1`, `127.1`, `2130706433`: which address that is depends on who reads it, and checks are passed by one
    // reading and connections made by the other.
    if (host !== input) return { fault: `is an ambiguous address; write ${host} if you mean that` };
    return { host, kind: "ipv4" };
  }
  // SNI and certificates have no final dot (RFC 6066 section 3).
  const name = host.endsWith(".") ? host.slice(0, -1) : host;
  const labels = name.split(".");
  // Underscores are no letters of a host name, but container networks have them.
  const isName = labels.every(
    (label) => /^[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?$/.test(label) && label.length <= MAX_LABEL_BYTES,
  );
  if (!isName || name.length > MAX_NAME_BYTES) return { fault: "is not a host name" };
  return { host: name, kind: "name" };
}

function canonicalHost(host: string): string | undefined {
  try {
    return new URL(`http://${host}`).hostname || undefined;
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
