/**
 * Which hosts are part of the public internet, and which would turn a request that somebody else chose against our own
 * network (SSRF): loopback, private and shared ranges, link-local with the metadata services of the clouds, multicast,
 * and everything reserved. From the special-purpose registries of IANA (RFC 6890).
 */

/** IPv4 blocks that are not the public internet: first address, bits of the prefix. */
const RESERVED_IPV4: readonly (readonly [string, number])[] = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10], // shared by carriers (CGNAT); metadata of Alibaba Cloud
  ["127.0.0.0", 8],
  ["168.63.129.16", 32], // the wire server of Azure, public by its number alone
  ["169.254.0.0", 16], // link-local; metadata of most clouds
  ["172.16.0.0", 12],
  ["192.0.0.0", 24], // metadata of Oracle Cloud
  ["192.0.2.0", 24],
  ["192.88.99.0", 24], // 6to4 relays
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 3], // multicast, reserved, broadcast
];

/** Within 2000::/3, the one block of public IPv6 addresses: first two groups, bits of the prefix. */
const RESERVED_IPV6: readonly (readonly [number, number])[] = [
  [0x2001_0000, 23], // protocol assignments, Teredo among them
  [0x2001_0db8, 32],
  [0x2002_0000, 16], // 6to4, which wraps an IPv4 address
  [0x3fff_0000, 20],
];

/**
 * True for an IP address of the public internet. Everything else is false: other addresses in any of their forms
 * (IPv4-mapped and NAT64 ones too), addresses with a zone, names, garbage.
 */
export function isPublicAddress(address: string): boolean {
  const host = hostnameOf(address.includes(":") ? `[${address}]` : address);
  if (host === undefined) return false;
  if (host.startsWith("[")) return isPublicIpv6(host.slice(1, -1));
  return isIpv4(host) && !RESERVED_IPV4.some(([first, bits]) => samePrefix(ipv4(host), ipv4(first), bits));
}

/**
 * What can be said of the host of a URL without asking DNS: `false` for an address that is not public and for a name
 * that means this machine or this network, `true` for a public address, `undefined` for a name that must be resolved.
 *
 * @param hostname as `URL` gives it, which has normalised `0x7f.1`, `127.1`, fullwidth digits and the like.
 */
export function isPublicHost(hostname: string): boolean | undefined {
  if (hostname.startsWith("[")) return isPublicAddress(hostname.slice(1, -1));
  if (isIpv4(hostname)) return isPublicAddress(hostname);
  // RFC 6761, RFC 6762, and the private-use domain of ICANN, where Google Cloud has its metadata service.
  return /(?:^|\.)(?:localhost|local|internal)\.?$/.test(hostname) ? false : undefined;
}

function isPublicIpv6(canonical: string): boolean {
  const [first = 0, second = 0] =
    canonical
      .split("::", 1)[0]
      ?.split(":")
      .map((group) => Number.parseInt(group || "0", 16)) ?? [];
  const prefix = ((first << 16) | second) >>> 0;
  return first >>> 13 === 1 && !RESERVED_IPV6.some(([block, bits]) => samePrefix(prefix, block, bits));
}

function isIpv4(host: string): boolean {
  return /^\d+\.\d+\.\d+\.\d+$/.test(host);
}

function ipv4(address: string): number {
  return address.split(".").reduce((number, octet) => number * 256 + Number(octet), 0);
}

function samePrefix(left: number, right: number, bits: number): boolean {
  return left >>> (32 - bits) === right >>> (32 - bits);
}

function hostnameOf(host: string): string | undefined {
  try {
    // Only what can be an address gets in: `URL` would look for user, port and path in anything else.
    return /^\[?[\da-fx:.]+\]?$/i.test(host) ? new URL(`http://${host}`).hostname : undefined;
  } catch {
    return undefined;
  }
}
