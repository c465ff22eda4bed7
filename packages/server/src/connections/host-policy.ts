import { MailError } from "@edgepost/core";
import { type IpBlock, isInBlock, parseIpBlock } from "./ip-block.ts";

/**
 * Which mail servers callers may name. Without it, whoever may bring a connection along could make this server talk to
 * its own network (SSRF): to services on loopback, to neighbours, to the metadata service of a cloud.
 *
 * It is asked when a connection is saved, when it is tested and every time it is opened. A name is resolved here, every
 * address it has is checked, and a checked address is what is connected to, while the certificate is verified for the
 * name: a name that points elsewhere a moment later (DNS rebinding) changes nothing.
 */
export interface HostPolicy {
  /**
   * The addresses to connect to, all of them checked. `undefined` for a name that is connected to by name; it was checked
   * all the same, unless the platform resolves it where nobody can see.
   * @throws MailError `invalid-connection`. One text whether the name is unknown or private: an answer must not draw a
   *   map of the network.
   */
  check(host: string, port: number): Promise<readonly string[] | undefined>;
}

/** Which mail servers callers may name. */
export interface HostPolicyOptions {
  /** Default: 465, 587, 2525. */
  readonly ports?: readonly number[] | undefined;
  /** Private hosts that may be used all the same: host names, addresses, blocks (`10.1.0.0/16`). Default: none. */
  readonly allow?: readonly string[] | undefined;
  /**
   * All addresses of a name; `"platform"` where the platform resolves names itself and refuses private addresses, as
   * Workers do. Default: names are refused, because nobody can say where they lead.
   */
  readonly resolve?: ((host: string) => Promise<readonly string[]>) | "platform" | undefined;
  /**
   * True where the runtime can only connect by name, as Workers do: addresses are checked, and what stands against a name
   * that points elsewhere a moment later is the platform's own block. Default: false, a checked address is connected to.
   */
  readonly connectsByName?: boolean | undefined;
}

export const DEFAULT_PORTS = [465, 587, 2525];

export function createHostPolicy(options: HostPolicyOptions = {}): HostPolicy {
  const { ports = DEFAULT_PORTS, allow = [], resolve, connectsByName = false } = options;
  const allowedNames = new Set(allow.map((host) => host.toLowerCase()));
  const allowedBlocks = allow.map(parseIpBlock).filter((block) => block !== undefined);
  const mayConnectTo = (address: string) =>
    isPublic(address) || allowedBlocks.some((block) => isInBlock(address, block));

  return {
    async check(host, port) {
      if (!ports.includes(port)) throw refusal("port", `must be one of ${ports.join(", ")}`);
      if (isAddress(host)) {
        if (!mayConnectTo(host)) throw refusal("host", NOT_USABLE);
        return [host];
      }
      const isAllowedName = allowedNames.has(host);
      if (!isAllowedName && LOCAL_NAME.test(host)) throw refusal("host", NOT_USABLE);
      if (resolve === "platform" || (connectsByName && isAllowedName)) return undefined;
      if (resolve === undefined)
        throw refusal("host", "must be an address: this server was given no way to look up names");
      const addresses = await resolve(host).catch(() => []);
      const isUsable = addresses.length > 0 && (isAllowedName || addresses.every(mayConnectTo));
      if (!isUsable) throw refusal("host", NOT_USABLE);
      return connectsByName ? undefined : addresses;
    },
  };
}

const NOT_USABLE =
  "must be a public mail server, or one the operator allows: the name must resolve, and to public addresses only";

/** RFC 6761, RFC 6762, and the private-use domain of ICANN, where Google Cloud has its metadata service. */
const LOCAL_NAME = /(^|\.)(localhost|local|internal)\.?$/i;

/**
 * Everything that is not the public internet, from the special-purpose registries of IANA (RFC 6890). Of IPv6 only
 * 2000::/3 is public, which leaves out loopback, unique-local and link-local addresses, and IPv4 wrapped as
 * `::ffff:…` or `64:ff9b::…` (NAT64).
 */
const RESERVED = [
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10", // shared by carriers (CGNAT); metadata of Alibaba Cloud
  "127.0.0.0/8",
  "168.63.129.16", // the wire server of Azure, public by its number alone
  "169.254.0.0/16", // link-local; metadata of most clouds
  "172.16.0.0/12",
  "192.0.0.0/24", // metadata of Oracle Cloud
  "192.0.2.0/24",
  "192.88.99.0/24", // 6to4 relays
  "192.168.0.0/16",
  "198.18.0.0/15",
  "198.51.100.0/24",
  "203.0.113.0/24",
  "224.0.0.0/3", // multicast, reserved, broadcast
  "2001::/23", // protocol assignments, Teredo among them
  "2001:db8::/32",
  "2002::/16", // 6to4, which wraps an IPv4 address
  "3fff::/20",
].map(block);

const PUBLIC = ["0.0.0.0/0", "2000::/3"].map(block);

/** True for an address of the public internet; false for all others, and for what is no address. */
export function isPublic(address: string): boolean {
  return PUBLIC.some((block) => isInBlock(address, block)) && !RESERVED.some((block) => isInBlock(address, block));
}

function isAddress(host: string): boolean {
  return parseIpBlock(host) !== undefined;
}

function block(text: string): IpBlock {
  const parsed = parseIpBlock(text);
  if (parsed === undefined) throw new TypeError(`${text} is no block of addresses`);
  return parsed;
}

function refusal(path: string, message: string): MailError {
  return new MailError("invalid-connection", `The connection cannot be used: ${path}: ${message}`, {
    phase: "connect",
    issues: [{ path, message }],
  });
}
