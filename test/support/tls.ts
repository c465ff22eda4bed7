import "reflect-metadata";
import * as x509 from "@peculiar/x509";

/** A PEM certificate and its private key, ready for `node:tls`. */
export interface TestIdentity {
  readonly cert: string;
  readonly key: string;
}

/** What a throw-away authority made for this process. Server certificates are for 127.0.0.1, ::1 and localhost. */
export interface TestCertificates {
  /** The authority that signed everything below but `selfSigned` and `stranger`. */
  readonly ca: string;
  readonly server: TestIdentity;
  /** Valid, but only for `mail.elsewhere.example`. */
  readonly wrongName: TestIdentity;
  readonly expired: TestIdentity;
  readonly selfSigned: TestIdentity;
  /** For client authentication. */
  readonly client: TestIdentity;
  /** A client certificate no server here trusts. */
  readonly stranger: TestIdentity;
}

let made: Promise<TestCertificates> | undefined;

/** The certificates of this process: made at the first call, never written to disk. */
export function testCertificates(): Promise<TestCertificates> {
  made ??= makeCertificates();
  return made;
}

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const DAY_MS = 24 * 60 * 60 * 1000;
const LOOPBACK: readonly Name[] = [
  { type: "dns", value: "localhost" },
  { type: "ip", value: "127.0.0.1" },
  { type: "ip", value: "::1" },
];

interface Name {
  readonly type: "dns" | "ip";
  readonly value: string;
}

async function makeCertificates(): Promise<TestCertificates> {
  const keys = await makeKeys();
  const authority = await x509.X509CertificateGenerator.createSelfSigned({
    name: "CN=edgepost test authority",
    notBefore: inDays(-1),
    notAfter: inDays(30),
    keys,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(true, 1, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
    ],
  });

  const issue = async (subject: string, names: readonly Name[], usage: x509.ExtendedKeyUsage, untilDays = 30) => {
    const own = await makeKeys();
    const certificate = await x509.X509CertificateGenerator.create({
      subject: `CN=${subject}`,
      issuer: authority.subject,
      notBefore: inDays(-2),
      notAfter: inDays(untilDays),
      publicKey: own.publicKey,
      signingKey: keys.privateKey,
      signingAlgorithm: ALGORITHM,
      extensions: leafExtensions(names, usage),
    });
    return toIdentity(certificate, own);
  };

  return {
    ca: authority.toString("pem"),
    server: await issue("localhost", LOOPBACK, x509.ExtendedKeyUsage.serverAuth),
    wrongName: await issue(
      "mail.elsewhere.example",
      [{ type: "dns", value: "mail.elsewhere.example" }],
      x509.ExtendedKeyUsage.serverAuth,
    ),
    expired: await issue("localhost", LOOPBACK, x509.ExtendedKeyUsage.serverAuth, -1),
    selfSigned: await makeSelfSigned("localhost", LOOPBACK, x509.ExtendedKeyUsage.serverAuth),
    client: await issue("a known client", [], x509.ExtendedKeyUsage.clientAuth),
    stranger: await makeSelfSigned("a stranger", [], x509.ExtendedKeyUsage.clientAuth),
  };
}

async function makeSelfSigned(
  subject: string,
  names: readonly Name[],
  usage: x509.ExtendedKeyUsage,
): Promise<TestIdentity> {
  const keys = await makeKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: `CN=${subject}`,
    notBefore: inDays(-1),
    notAfter: inDays(30),
    keys,
    signingAlgorithm: ALGORITHM,
    extensions: leafExtensions(names, usage),
  });
  return toIdentity(certificate, keys);
}

function leafExtensions(names: readonly Name[], usage: x509.ExtendedKeyUsage): x509.Extension[] {
  return [
    new x509.BasicConstraintsExtension(false),
    new x509.ExtendedKeyUsageExtension([usage]),
    ...(names.length > 0 ? [new x509.SubjectAlternativeNameExtension([...names])] : []),
  ];
}

async function toIdentity(certificate: x509.X509Certificate, keys: CryptoKeyPair): Promise<TestIdentity> {
  const key = await crypto.subtle.exportKey("pkcs8", keys.privateKey);
  return { cert: certificate.toString("pem"), key: x509.PemConverter.encode(key, "PRIVATE KEY") };
}

function makeKeys(): Promise<CryptoKeyPair> {
  return crypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
}

function inDays(days: number): Date {
  return new Date(Date.now() + days * DAY_MS);
}
