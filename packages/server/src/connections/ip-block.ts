/** A range of addresses in CIDR notation (RFC 4632, RFC 4291), or one address. */
export interface IpBlock {
  readonly bits: 32 | 128;
  readonly first: bigint;
  readonly prefix: number;
}

/** Reads `10.0.0.0/8`, `fd00::/8` or a single address; `undefined` for anything else, a host name for instance. */
export function parseIpBlock(text: string): IpBlock | undefined {
  const [address = "", prefix, ...more] = text.split("/");
  const parsed = parseIp(address);
  if (parsed === undefined || more.length > 0) return undefined;
  if (prefix === undefined) return { ...parsed, prefix: parsed.bits };
  return /^\d{1,3}$/.test(prefix) && Number(prefix) <= parsed.bits ? { ...parsed, prefix: Number(prefix) } : undefined;
}

/** False for everything that is no address, and for addresses of the other family: `::ffff:10.0.0.1` is IPv6. */
export function isInBlock(address: string, block: IpBlock): boolean {
  const ip = parseIp(address);
  if (ip?.bits !== block.bits) return false;
  const host = BigInt(block.bits - block.prefix);
  return ip.first >> host === block.first >> host;
}

function parseIp(text: string): { readonly bits: 32 | 128; readonly first: bigint } | undefined {
  if (text.includes(":")) return parseIpv6(text);
  const octets = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)?.slice(1).map(Number);
  if (octets === undefined || octets.some((octet) => octet > 255)) return undefined;
  return { bits: 32, first: octets.reduce((value, octet) => (value << 8n) | BigInt(octet), 0n) };
}

/** `URL` knows every spelling of an IPv6 address and writes the one of RFC 5952. */
function parseIpv6(text: string): { readonly bits: 128; readonly first: bigint } | undefined {
  if (!/^[\da-f:.]+$/i.test(text) || !URL.canParse(`http://[${text}]`)) return undefined;
  const [head = "", tail] = new URL(`http://[${text}]`).hostname.slice(1, -1).split("::");
  const [left, right] = [head, tail ?? ""].map((part) => (part === "" ? [] : part.split(":")));
  const zeros = Array.from({ length: 8 - (left?.length ?? 0) - (right?.length ?? 0) }, () => "0");
  const groups = [...(left ?? []), ...zeros, ...(right ?? [])];
  return { bits: 128, first: groups.reduce((value, group) => (value << 16n) | BigInt(`0x${group}`), 0n) };
}
