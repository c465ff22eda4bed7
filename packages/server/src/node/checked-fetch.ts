import { type LookupAddress, lookup as systemLookup } from "node:dns";
import { request as requestHttp } from "node:http";
import { type RequestOptions, request as requestHttps } from "node:https";
import { isIP, type LookupFunction } from "node:net";
import { Readable } from "node:stream";

export interface CheckedFetchOptions {
  /** Asked with the host of the URL, too; http is only for hosts it was made to allow, and is up to whoever made the URL. */
  readonly mayConnectTo: (address: string, host: string) => boolean;
  /** Default: the system's. */
  readonly lookup?: typeof systemLookup;
  /** PEM certificates to trust instead of the system's. */
  readonly ca?: string;
}

/**
 * A `fetch` that looks a name up itself, checks every address it has, and connects to one of those: between the check and
 * the connection there is nothing left for a hostile name server to change. Follows no redirects. Of a request it takes the
 * method, headers and a body of text.
 */
export function createCheckedFetch({ mayConnectTo, lookup = systemLookup, ca }: CheckedFetchOptions): typeof fetch {
  const checkedLookup: LookupFunction = (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      const refused = error ?? refusal(addresses, (address) => mayConnectTo(address, hostname));
      const [first] = addresses ?? [];
      if (refused !== undefined || first === undefined) callback(refused ?? noAddress(), []);
      else if (options.all) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
  };

  return async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    // Node looks up no address that is written as one.
    const literal = url.hostname.replace(/^\[|\]$/g, "");
    if (isIP(literal) !== 0 && !mayConnectTo(literal, literal)) throw notAllowed();
    const headers = { accept: "*/*", ...Object.fromEntries(new Headers(init?.headers)) };
    const { method = "GET", signal, body } = init ?? {};
    const options = { lookup: checkedLookup, ca, method, headers, signal: signal ?? undefined };
    return open(url, options, typeof body === "string" ? body : undefined);
  };
}

function open(url: URL, options: RequestOptions, content: string | undefined): Promise<Response> {
  const begin = url.protocol === "http:" ? requestHttp : requestHttps;
  return new Promise((resolve, reject) => {
    const request = begin(url, options, (incoming) => {
      const { statusCode = 502, headers } = incoming;
      const hasBody = ![204, 205, 304].includes(statusCode);
      const body = hasBody ? (Readable.toWeb(incoming) as ReadableStream<Uint8Array>) : null;
      const { location, "content-length": length, "content-type": type } = headers;
      const told = { location, "content-length": length, "content-type": type };
      const known = Object.entries(told).filter((field): field is [string, string] => field[1] !== undefined);
      resolve(new Response(body, { status: statusCode, headers: known }));
    });
    request.on("error", reject);
    request.end(content);
  });
}

function refusal(addresses: readonly LookupAddress[], mayConnectTo: (address: string) => boolean): Error | undefined {
  return addresses.every(({ address }) => mayConnectTo(address)) ? undefined : notAllowed();
}

function notAllowed(): Error {
  return new Error("The host is not one of the public internet.");
}

function noAddress(): Error {
  return new Error("The host has no address.");
}
