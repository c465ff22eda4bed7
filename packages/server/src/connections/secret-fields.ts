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
    ...(typeof tlsKey === "string" && { tlsKey }),
  };
  const masks = Object.fromEntries(Object.keys(secrets).map((name) => [name, MASK]));
  return {
    settings: putTogether(connection, masks),
    secrets: Object.keys(secrets).length > 0 ? secrets : undefined,
  };
}

/** The way back: secrets in the place of their masks. */
export function putTogether(settings: SmtpConnection, secrets: ConnectionSecrets): SmtpConnection {
  const { password, accessToken, tlsKey } = secrets;
  const { auth, tls } = settings;
  return {
    ...settings,
    ...(auth?.password !== undefined && password !== undefined && { auth: { ...auth, password } }),
    ...(auth?.accessToken !== undefined && accessToken !== undefined && { auth: { ...auth, accessToken } }),
    ...(tls?.key !== undefined && tlsKey !== undefined && { tls: { ...tls, key: tlsKey } }),
  };
}
