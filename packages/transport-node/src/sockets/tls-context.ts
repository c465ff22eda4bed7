import { createSecureContext, type SecureContext } from "node:tls";
import type { ConnectTarget } from "@edgepost/core/smtp";

type Settings = ConnectTarget["tls"];

const contexts = new WeakMap<Settings, SecureContext>();

/**
 * The parsed certificates and keys of these settings, made once for all connections of a transport: a quarter of what a
 * new connection costs (bench send-tls). Sessions are not resumed: with TLS 1.3 that saves no round trip, and a resumed
 * session is not asked for its name again, nor has it a certificate for `verify` to show.
 *
 * `undefined` where the settings make none: `tls.connect` will say why, where its errors are waited for.
 */
export function sharedContext(settings: Settings): SecureContext | undefined {
  const known = contexts.get(settings);
  if (known !== undefined) return known;
  try {
    const { ca, cert, key, minVersion } = settings;
    const context = createSecureContext({ ca: typeof ca === "object" ? [...ca] : ca, cert, key, minVersion });
    contexts.set(settings, context);
    return context;
  } catch {
    return undefined;
  }
}
