import type { SmtpConnection } from "@edgepost/core";

/** The fields of a connection that are written and never read back. Files of secrets hold nothing else. */
export interface ConnectionSecrets {
  readonly password?: string;
  readonly accessToken?: string;
  readonly tlsKey?: string;
}

/** What a reader sees instead of a secret. Sent back, it is refused: it would become the password. */
export const MASK = "********";

/** A connection without its secrets, as it is stored and shown, and the secrets, to be sealed. */
export interface TakenApart {
  readonly settings: SmtpConnection;
  /** Undefined when there are none. */
  readonly secrets: ConnectionSecrets | undefined;
}

/** Takes a connection apart. Every secret leaves {@link MASK} in its place. */
export function takeApart(connection: SmtpConnection): TakenApart {
  const { password, accessToken } = connection.auth ?? {};
  const tlsKey = connection.tls?.key;
  const secrets = {
    ...(typeof password === "string" && { password }),
    ...(typeof accessToken === "string" && { accessToken }),
    ...(tlsKey !== undefined && { tlsKey }),
  };
  return {
    settings: replace(connection, () => MASK),
    secrets: Object.keys(secrets).length > 0 ? secrets : undefined,
  };
}

/** The way back: secrets in the place of their masks. A secret that was written over its mask stays. */
export function putTogether(settings: SmtpConnection, secrets: ConnectionSecrets): SmtpConnection {
  return replace(settings, (name, value) => (value === MASK ? (secrets[name] ?? value) : value));
}

type Replacement = (name: keyof ConnectionSecrets, value: unknown) => unknown;

/** A copy with other values where its secrets are. */
function replace(connection: SmtpConnection, by: Replacement): SmtpConnection {
  const { auth, tls } = connection;
  return {
    ...connection,
    ...(auth?.password !== undefined && { auth: { ...auth, password: by("password", auth.password) } }),
    ...(auth?.accessToken !== undefined && { auth: { ...auth, accessToken: by("accessToken", auth.accessToken) } }),
    ...(tls?.key !== undefined && { tls: { ...tls, key: by("tlsKey", tls.key) } }),
  } as SmtpConnection;
}
