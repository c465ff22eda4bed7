import { MailError, type Transport } from "@edgepost/core";

/**
 * Requests remembered at once. One that is forgotten opens a pool of its own when it sends again, no more; and asking
 * the signal of another request costs some 7 µs, which this bounds to a quarter of a millisecond.
 */
const MAX_REQUESTS = 32;

/** What one request, queue batch or Durable Object has of its own. */
interface RequestScope {
  /** Made while handling the request, and therefore its property. */
  readonly owner: AbortSignal;
  readonly transport: Transport;
  underWay: number;
}

/**
 * A transport that may be kept in module scope, though on Workers a socket belongs to the request that opened it: each
 * request has a transport, and so a pool, of its own, and never waits for or is handed anything of another.
 *
 * Workers have no request id. But the runtime guards an `AbortSignal` by the same rule as a socket: to read `aborted` in
 * another request than the one that made it throws. So a signal tells whose a pool is, by the very check the pool's
 * sockets would fail. All requests of one Durable Object count as one, for signals as for sockets.
 */
export function perRequest(open: () => Transport): Transport {
  const { name, defaults, verify, tellsFinal } = open();
  /** The most recently used first. */
  const scopes: RequestScope[] = [];
  let closed = false;

  function enter(): RequestScope {
    const index = scopes.findIndex(({ owner }) => isOurs(owner));
    const [known] = index < 0 ? [] : scopes.splice(index, 1);
    const scope = known ?? { owner: ownSignal(), transport: open(), underWay: 0 };
    scopes.unshift(scope);
    scopes.length = Math.min(scopes.length, MAX_REQUESTS);
    return scope;
  }

  async function within<T>(use: (transport: Transport) => Promise<T>): Promise<T> {
    if (closed) throw new MailError("closed", "This transport was closed.", { phase: "input" });
    const scope = enter();
    scope.underWay++;
    try {
      return await use(scope.transport);
    } finally {
      scope.underWay--;
      if (closed && scope.underWay === 0) await scope.transport.close?.();
    }
  }

  const transport: Transport = {
    name,
    ...(defaults !== undefined && { defaults }),
    ...(tellsFinal && { tellsFinal }),
    send: (mail, options) => within((own) => own.send(mail, options)),
    async close() {
      closed = true;
      // Other requests cannot be reached from here: each closes its own when its last message is through.
      const own = scopes.find(({ owner }) => isOurs(owner));
      scopes.length = 0;
      await own?.transport.close?.();
    },
  };
  if (verify === undefined) return transport;
  return { ...transport, verify: (options) => within((own) => own.verify?.(options) ?? verify(options)) };
}

function isOurs(owner: AbortSignal): boolean {
  try {
    return !owner.aborted;
  } catch {
    return false;
  }
}

function ownSignal(): AbortSignal {
  try {
    return new AbortController().signal;
  } catch (cause) {
    const message = "Workers open sockets while they handle a request, not while a module loads.";
    throw new MailError("unsupported", message, { phase: "connect", cause });
  }
}
