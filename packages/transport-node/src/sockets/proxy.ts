import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { connect, type Socket } from "node:net";
import { setImmediate as nextTurn } from "node:timers/promises";
import { MailError } from "@edgepost/core";
import type { Destination, Route } from "./route.ts";
import { connectFailed } from "./socket-errors.ts";
import { untilOpen } from "./until-open.ts";

const DEFAULT_PORTS: Readonly<Record<string, number>> = { "socks5:": 1080, "http:": 80, "https:": 443 };

/** A proxy, read from its URL. */
export interface Proxy extends Destination {
  readonly protocol: string;
  readonly credentials?: { readonly username: string; readonly password: string };
}

/** @throws MailError `invalid-connection`; nothing of the URL is quoted, it may hold a password. */
export function readProxy(input: string | URL): Proxy {
  const proxy = parseProxy(input);
  if (proxy !== undefined) return proxy;
  const message = "must be a URL: socks5://host:port, http://host:port or https://host:port, percent-encoded";
  throw new MailError("invalid-connection", `The connection cannot be used: proxy: ${message}`, {
    phase: "input",
    issues: [{ path: "proxy", message }],
  });
}

function parseProxy(input: string | URL): Proxy | undefined {
  try {
    const url = new URL(input);
    const defaultPort = DEFAULT_PORTS[url.protocol];
    if (defaultPort === undefined || url.hostname === "") return undefined;
    const credentials = { username: decodeURIComponent(url.username), password: decodeURIComponent(url.password) };
    return {
      protocol: url.protocol,
      host: url.hostname.replace(/^\[|\]$/g, ""),
      port: url.port === "" ? defaultPort : Number(url.port),
      ...(url.username !== "" && { credentials }),
    };
  } catch {
    return undefined;
  }
}

export function throughProxy(proxy: Proxy): Route {
  return proxy.protocol === "socks5:"
    ? (to, signal) => throughSocks(proxy, to, signal)
    : (to, signal) => throughHttp(proxy, to, signal);
}

/** SOCKS5 (RFC 1928), by the `socks` package. */
async function throughSocks(proxy: Proxy, to: Destination, signal: AbortSignal | undefined): Promise<Socket> {
  // Loaded by those who have such a proxy.
  const { SocksClient } = await import("socks");
  const { host, port, credentials } = proxy;
  const socket = connect({ host, port, noDelay: true });
  await untilOpen(socket, "connect", signal, (error) => connectFailed(error, `the proxy ${host}, port ${port}`));
  const abort = () => socket.destroy();
  signal?.addEventListener("abort", abort);
  try {
    await SocksClient.createConnection({
      existing_socket: socket,
      command: "connect",
      destination: to,
      proxy: {
        host,
        port,
        type: 5,
        ...(credentials && { userId: credentials.username, password: credentials.password }),
      },
    });
    await keepEarlyData(socket);
    return socket;
  } catch (error) {
    // The package's errors hold the options they came from, password and all: only their words are kept.
    throw refused(new Error(error instanceof Error ? error.message : String(error)), proxy, to, signal);
  } finally {
    signal?.removeEventListener("abort", abort);
  }
}

/**
 * An SMTP server speaks first: its greeting may have come together with the proxy's answer. The package hands that over
 * in a `data` event of the next turn, to whoever listens then.
 */
async function keepEarlyData(socket: Socket): Promise<void> {
  const early: Uint8Array[] = [];
  const keep = (chunk: Uint8Array) => void early.push(chunk);
  socket.on("data", keep);
  await nextTurn();
  socket.off("data", keep).pause();
  if (early.length > 0) socket.unshift(Buffer.concat(early));
}

/** HTTP CONNECT (RFC 9110 section 9.3.6), by Node's own client. */
function throughHttp(proxy: Proxy, to: Destination, signal: AbortSignal | undefined): Promise<Socket> {
  const { protocol, host, port, credentials } = proxy;
  const authority = `${to.host.includes(":") ? `[${to.host}]` : to.host}:${to.port}`;
  return new Promise((resolve, reject) => {
    const request = (protocol === "https:" ? httpsRequest : httpRequest)({
      method: "CONNECT",
      host,
      port,
      path: authority,
      headers: { host: authority, ...(credentials && { "proxy-authorization": `Basic ${encode(credentials)}` }) },
      agent: false,
      ...(signal && { signal }),
    });
    request.on("error", (error) => reject(refused(error, proxy, to, signal)));
    request.on("connect", ({ statusCode = 0 }, socket: Socket, head) => {
      if (statusCode < 200 || statusCode > 299) {
        socket.destroy();
        return reject(refused(new Error(`it answered ${statusCode}`), proxy, to, signal));
      }
      socket.setNoDelay(true);
      if (head.length > 0) socket.unshift(head);
      resolve(socket);
    });
    request.end();
  });
}

function encode({ username, password }: NonNullable<Proxy["credentials"]>): string {
  return Buffer.from(`${username}:${password}`).toString("base64");
}

function refused(error: unknown, proxy: Proxy, to: Destination, signal: AbortSignal | undefined): MailError {
  if (signal?.aborted) {
    return new MailError("aborted", "Connecting was aborted.", { phase: "connect", cause: signal.reason });
  }
  return connectFailed(error, `${to.host}, port ${to.port}, through the proxy ${proxy.host}, port ${proxy.port}`);
}
