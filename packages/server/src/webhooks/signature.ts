import { fromBase64, toBase64 } from "../encoding.ts";

/** Octets of a signing secret: Standard Webhooks asks for 24 to 64. */
const SECRET_BYTES = 32;

/** A new signing secret: `whsec_` and base64. */
export function createWebhookSecret(random: (bytes: number) => Uint8Array): string {
  return `whsec_${toBase64(random(SECRET_BYTES))}`;
}

/** What is signed. */
export interface SignedDelivery {
  /** The `webhook-id`. */
  readonly id: string;
  readonly at: Date;
  readonly body: string;
}

/**
 * The headers that say who sent a webhook and when (Standard Webhooks 1.0): an HMAC-SHA256 of its id, time and body, one
 * for each secret, so that a receiver may change over while two are good.
 */
export async function signatureHeaders(
  { id, at, body }: SignedDelivery,
  secrets: readonly string[],
): Promise<Readonly<Record<string, string>>> {
  const timestamp = String(Math.floor(at.getTime() / 1000));
  const signed = new TextEncoder().encode(`${id}.${timestamp}.${body}`);
  const signatures = await Promise.all(secrets.map((secret) => sign(secret, signed)));
  return { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": signatures.join(" ") };
}

async function sign(secret: string, signed: Uint8Array<ArrayBuffer>): Promise<string> {
  const octets = fromBase64(secret.slice("whsec_".length));
  if (octets === undefined) throw new TypeError("The signing secret of a webhook is damaged.");
  const key = await crypto.subtle.importKey("raw", octets, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return `v1,${toBase64(new Uint8Array(await crypto.subtle.sign("HMAC", key, signed)))}`;
}
