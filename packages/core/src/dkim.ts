/**
 * Signs messages with DKIM (RFC 6376).
 *
 * @module @edgepost/core/dkim
 */
export type { CanonicalForm } from "./dkim/canonicalize.ts";
export type { DkimOptions } from "./dkim/options.ts";
export { dkimSigner } from "./dkim/sign.ts";
export type { SignableMessage, Signer } from "./mime/signer.ts";
