import type { SignableMessage, Signer } from "../mime/signer.ts";
import { encodeBase64 } from "../util/base64.ts";
import { encodeUtf8 } from "../util/bytes.ts";
import { Sha256 } from "../util/sha256.ts";
import { BodyCanonicalizer, type CanonicalForm, canonicalizeField } from "./canonicalize.ts";
import { selectFields } from "./header-fields.ts";
import { type DkimOptions, parseDkimOptions } from "./options.ts";
import { appendSignature, writeSignatureField } from "./signature-field.ts";

/**
 * Signs messages with DKIM (RFC 6376, RFC 8301, RFC 8463). The key decides between `rsa-sha256` and `ed25519-sha256`;
 * give a mailer two signers to have both.
 *
 * The body is hashed as a stream. A key that cannot sign fails the send: mail never leaves unsigned.
 *
 * @throws MailError `invalid-message`, with all issues, when an option or the key is of no use. A key that WebCrypto
 * refuses, which shows at the first message, fails that send with the same code, or with `unsupported` when the runtime
 * does not have the algorithm.
 *
 * @example
 * const mailer = createMailer({
 *   transport,
 *   sign: dkimSigner({ domain: "acme.com", selector: "mail", privateKey: pem }),
 * });
 */
export function dkimSigner(options: DkimOptions): Signer {
  const { domain, selector, key, headerForm, bodyForm, headers, overSign, identity, expiresInSeconds } =
    parseDkimOptions(options);

  async function sign(message: SignableMessage): Promise<string> {
    const { names, fields } = selectFields(message.fields, headers, overSign);
    const time = Math.floor(message.date.getTime() / 1000);

    const signature = writeSignatureField([
      ["v", "1"],
      ["a", key.algorithm],
      ["c", `${headerForm}/${bodyForm}`],
      ["d", domain],
      ["s", selector],
      ...(identity === undefined ? [] : [["i", identity] as const]),
      ["t", String(time)],
      ...(expiresInSeconds === undefined ? [] : [["x", String(time + expiresInSeconds)] as const]),
      ["h", names.join(":")],
      ["bh", encodeBase64(await hashBody(message, bodyForm))],
    ]);
    // Section 3.7: the signature signs itself last, empty and without CRLF.
    const signed = [...fields, signature].map((field) => canonicalizeField(field, headerForm)).join("\r\n");
    const bytes = await key.sign(encodeUtf8(signed));
    return `${appendSignature(signature, encodeBase64(bytes))}\r\n`;
  }

  return { sign };
}

async function hashBody(message: SignableMessage, form: CanonicalForm): Promise<Uint8Array> {
  const hash = new Sha256();
  const canonicalizer = new BodyCanonicalizer(form, (bytes) => hash.update(bytes));
  for await (const chunk of message.body()) canonicalizer.write(chunk);
  canonicalizer.end();
  return hash.digest();
}
