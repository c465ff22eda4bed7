import { isMailError, type Transport } from "@edgepost/core";

/** A name may have many addresses, and each may take a whole connect timeout to fail. */
const MAX_ADDRESSES = 4;

/**
 * One transport over the addresses of one name: when one cannot be connected to, the next is tried (RFC 5321 section
 * 5.1), and the one that answered comes first from then on. They were all checked; nobody is asked for the name again.
 *
 * Only for a failure to connect: whatever else goes wrong is the server's answer, wherever it stands.
 */
export function eachAddress(addresses: readonly string[], open: (address: string) => Transport): Transport {
  const [first = "", ...others] = addresses.slice(0, MAX_ADDRESSES);
  if (others.length === 0) return open(first);
  const opened = new Map([[first, open(first)]]);
  let preferred = first;

  function transportTo(address: string): Transport {
    const transport = opened.get(address) ?? open(address);
    opened.set(address, transport);
    return transport;
  }

  /** The first outcome of a server that was reached, else the last of them all. */
  async function reach<Result>(
    use: (transport: Transport) => Promise<Result>,
    isReached: (result: Result) => boolean,
  ): Promise<Result> {
    const queue = [preferred, ...[first, ...others].filter((address) => address !== preferred)];
    for (;;) {
      const address = queue.shift() ?? first;
      try {
        const result = await use(transportTo(address));
        if (isReached(result)) preferred = address;
        if (isReached(result) || queue.length === 0) return result;
      } catch (error) {
        if (!isUnreachable(error) || queue.length === 0) throw error;
      }
    }
  }

  const { name, verify, tellsFinal } = transportTo(first);
  return {
    name,
    ...(tellsFinal && { tellsFinal }),
    send: (mail, options) =>
      reach(
        (transport) => transport.send(mail, options),
        () => true,
      ),
    ...(verify !== undefined && {
      verify: (options) =>
        reach(
          async (transport) => (await transport.verify?.(options)) ?? { ok: true, stages: [] },
          ({ stages }) => !stages.some(({ error }) => isUnreachable(error)),
        ),
    }),
    async close() {
      await Promise.all([...opened.values()].map((transport) => transport.close?.()));
    },
  };
}

/** Nobody was there: nothing was said, and nothing was heard. */
function isUnreachable(error: unknown): boolean {
  return (
    isMailError(error) && error.phase === "connect" && (error.code === "connect-failed" || error.code === "timeout")
  );
}
