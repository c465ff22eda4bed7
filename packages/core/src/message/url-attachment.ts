import { MailError } from "../errors.ts";
import type { Deadline } from "../util/deadline.ts";
import { startDeadline } from "../util/deadline.ts";
import { isPublicAddress, isPublicHost } from "../util/public-address.ts";
import type { UrlPolicy } from "./attachment.ts";
import { streamReader } from "./attachment-content.ts";
import type { AttachmentFailure, ChunkReader } from "./attachment-stream.ts";
import { checkedStream, isBytes } from "./attachment-stream.ts";
import type { AttachmentSource } from "./message.ts";

/** Enough for a short link and a change of domain. */
const MAX_REDIRECTS = 3;
/** What most servers take for a whole message. */
const MAX_BYTES = 25 * 1024 * 1024;
/** Until the last byte. A send that waits for a file holds a connection. */
const TIMEOUT_MS = 30_000;

/** A URL that is fetched when the message is sent, and again for a second attempt. */
export function urlSource(url: URL, policy: UrlPolicy): AttachmentSource {
  return {
    kind: "stream",
    once: false,
    mayChange: true,
    async open({ signal }) {
      const deadline = startDeadline(policy.timeoutMs ?? TIMEOUT_MS, signal);
      const failure = urlFailure(url, deadline, signal);
      try {
        signal?.throwIfAborted();
        const response = await untilAborted(fetchChecked(url, policy, deadline.signal), deadline.signal);
        return checkedStream(cappedReader(response, policy.maxBytes ?? MAX_BYTES, deadline), deadline.signal, failure);
      } catch (error) {
        deadline.end();
        throw failure(error);
      }
    },
  };
}

/** Why a URL is not fetched whatever its host resolves to, or `undefined`. */
export function faultOfUrl(url: URL): string | undefined {
  if (url.protocol !== "https:") return "must be an https URL";
  if (url.username !== "" || url.password !== "") return "must not contain credentials";
  if (isPublicHost(url.hostname) === false) return "must be a host of the public internet";
  return undefined;
}

/** Follows redirects by hand, because each one may point at another host than the one that was checked. */
async function fetchChecked(start: URL, policy: UrlPolicy, signal: AbortSignal): Promise<Response> {
  const { fetch: fetchUrl = fetch, maxRedirects = MAX_REDIRECTS } = policy;
  let url = start;
  for (let redirects = 0; redirects <= maxRedirects; redirects++) {
    await checkHost(url, policy);
    signal.throwIfAborted();
    const response = await fetchUrl(url.href, { redirect: "manual", signal });
    if (response.status === 200 && !signal.aborted) return response;
    await response.body?.cancel();
    signal.throwIfAborted();
    const location = response.headers.get("location");
    const isRedirect = [301, 302, 303, 307, 308].includes(response.status);
    if (!isRedirect || location === null || !URL.canParse(location, url.href)) throw answered(response);
    url = new URL(location, url);
  }
  throw new UrlFault(`it redirects more than ${maxRedirects} times`);
}

async function checkHost(url: URL, { resolve }: UrlPolicy): Promise<void> {
  const fault = faultOfUrl(url);
  if (fault !== undefined) throw new UrlFault(`${withoutQuery(url)} ${fault}`);
  // Between this look-up and the one of `fetch` a hostile name server may change its mind. A `fetch` that connects to
  // the address that was checked closes the gap; the server package brings one.
  if (resolve === "platform" || isPublicHost(url.hostname)) return;
  const addresses = await resolve(url.hostname);
  if (addresses.length === 0 || !addresses.every(isPublicAddress)) {
    throw new UrlFault(`${url.hostname} is not a host of the public internet`);
  }
}

function answered({ type, status }: Response): UrlFault {
  // What a browser makes of a redirect it was told not to follow has no status and no location.
  if (type === "opaqueredirect") return new UrlFault("it redirects, and this runtime does not say where");
  return new UrlFault(`the server answered ${status}`, status >= 500 || status === 429);
}

function cappedReader(response: Response, maxBytes: number, deadline: Deadline): ChunkReader {
  const tooLarge = `it is larger than ${maxBytes} bytes`;
  const reader = streamReader(response.body ?? new Blob([]).stream());
  if (Number(response.headers.get("content-length")) > maxBytes) {
    reader.release(tooLarge);
    throw new UrlFault(tooLarge);
  }
  let size = 0;
  return {
    async read() {
      const chunk = await reader.read();
      if (chunk.done) deadline.end();
      else if (isBytes(chunk.value)) size += chunk.value.length;
      if (size > maxBytes) throw new UrlFault(tooLarge);
      return chunk;
    },
    release(reason) {
      deadline.end();
      reader.release(reason);
    },
  };
}

/** Without the query of the URL, which may hold a signature. */
function urlFailure(url: URL, deadline: Deadline, signal: AbortSignal | undefined): AttachmentFailure {
  return (cause) => {
    const what = `The attachment ${withoutQuery(url)} could not be fetched`;
    if (signal?.aborted) return new MailError("aborted", `${what}: aborted.`, { phase: "body", cause });
    const isTold = cause instanceof UrlFault && !deadline.expired;
    const why = isTold ? cause.message : deadline.expired ? "it took too long" : "the connection failed";
    const retryable = isTold ? cause.retryable : true;
    return new MailError("attachment-failed", `${what}: ${why}`, { phase: "body", retryable, cause });
  };
}

/** A promise that does not outlast the signal, whatever a `resolve` or `fetch` from outside makes of it. */
function untilAborted<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    promise.then(resolve, reject);
  });
}

function withoutQuery(url: URL): string {
  return url.origin + url.pathname;
}

/** Why an attachment was not fetched, in our own words: those of a `fetch` may quote the query. */
class UrlFault extends Error {
  readonly retryable: boolean;

  constructor(message: string, retryable = false) {
    super(message);
    this.retryable = retryable;
  }
}
