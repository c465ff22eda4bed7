export interface ResolverOptions {
  /** Of a resolver that answers in JSON, as those of Cloudflare and Google do: `https://cloudflare-dns.com/dns-query`. */
  readonly url: string;
  /** Default: the runtime's own. */
  readonly fetch?: typeof fetch | undefined;
}

/** A resolver answers in milliseconds or not at all. */
const TIMEOUT_MS = 5_000;
/** Thousands of addresses; no mail server has so many. */
const MAX_ANSWER_CHARACTERS = 64 * 1024;
/** Types of records (RFC 1035, RFC 3596). Names on the way (CNAME) come along, and lead to these. */
const ADDRESS_TYPES = { A: 1, AAAA: 28 } as const;

/**
 * Looks names up by DNS over HTTPS, for runtimes that connect by name and tell nobody where: the addresses of a name, of
 * both families; none for a name that does not exist.
 *
 * @throws Error when the resolver does not answer, or with something else: then nobody knows where the name leads.
 */
export function resolveOverHttps({ url, fetch = globalThis.fetch }: ResolverOptions) {
  return async (host: string): Promise<readonly string[]> => {
    const types = Object.keys(ADDRESS_TYPES) as (keyof typeof ADDRESS_TYPES)[];
    return (await Promise.all(types.map((type) => ask(fetch, url, host, type)))).flat();
  };
}

async function ask(
  fetchUrl: typeof fetch,
  url: string,
  name: string,
  type: keyof typeof ADDRESS_TYPES,
): Promise<readonly string[]> {
  const question = new URL(url);
  question.search = String(new URLSearchParams({ name, type }));
  const response = await fetchUrl(question.href, {
    headers: { accept: "application/dns-json" },
    redirect: "manual",
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  const text = await response.text();
  if (response.status !== 200 || text.length > MAX_ANSWER_CHARACTERS) throw new Error("The resolver gave no answer.");
  const { Status: status, Answer: answers = [] }: DnsAnswer = JSON.parse(text);
  if (status !== NO_ERROR && status !== NO_SUCH_NAME) throw new Error(`The resolver answered with status ${status}.`);
  return answers.filter((answer) => answer.type === ADDRESS_TYPES[type]).map(({ data }) => String(data));
}

interface DnsAnswer {
  readonly Status?: number;
  readonly Answer?: readonly { readonly type: number; readonly data: string }[];
}

/** RFC 1035 section 4.1.1. */
const NO_ERROR = 0;
const NO_SUCH_NAME = 3;
