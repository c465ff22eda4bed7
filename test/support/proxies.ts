import { createServer as createHttpServer } from "node:http";
import type { AddressInfo, Server, Socket } from "node:net";
import { connect, createServer } from "node:net";

/** A proxy on loopback that writes down what it was asked for. */
export interface TestProxy extends AsyncDisposable {
  readonly port: number;
  /** `host:port`, as the client said it. */
  readonly destinations: readonly string[];
  /** Who the client said it was: `user:password`, one for each destination that was asked for. */
  readonly credentials: readonly (string | undefined)[];
}

export interface TestProxyOptions {
  /** `user:password`. Default: anybody may use it. */
  readonly credentials?: string;
  /** Where every connection really goes, whatever the client asked for: names need not exist. */
  readonly leadTo: number;
}

/** HTTP CONNECT (RFC 9110 section 9.3.6). */
export async function startHttpProxy({ credentials, leadTo }: TestProxyOptions): Promise<TestProxy> {
  const log = new ProxyLog();
  const server = createHttpServer();
  server.on("connect", ({ url = "", headers }, client: Socket) => {
    const basic = headers["proxy-authorization"]?.replace(/^Basic /, "");
    const given = basic === undefined ? undefined : Buffer.from(basic, "base64").toString();
    log.add(url, given);
    if (credentials !== undefined && given !== credentials) {
      client.end("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n");
      return;
    }
    // The server's greeting comes in the same segment as the proxy's own answer.
    join(client, leadTo, "HTTP/1.1 200 Connection Established\r\n\r\n");
  });
  return log.listen(server);
}

/** SOCKS5 with or without user and password (RFC 1928, RFC 1929). */
export async function startSocksProxy({ credentials, leadTo }: TestProxyOptions): Promise<TestProxy> {
  const log = new ProxyLog();
  const server = createServer(async (client) => {
    client.on("error", () => {});
    await read(client);
    let given: string | undefined;
    if (credentials !== undefined) {
      client.write(Uint8Array.of(5, 2));
      const [, userLength = 0, ...rest] = await read(client);
      const user = rest.slice(0, userLength);
      const password = rest.slice(userLength + 1);
      given = `${Buffer.from(user)}:${Buffer.from(password)}`;
      client.write(Uint8Array.of(1, given === credentials ? 0 : 1));
      if (given !== credentials) return;
    } else {
      client.write(Uint8Array.of(5, 0));
    }
    const request = await read(client);
    log.add(readDestination(request), given);
    join(client, leadTo, Uint8Array.of(5, 0, 0, 1, 127, 0, 0, 1, 0, 0));
  });
  return log.listen(server);
}

class ProxyLog {
  readonly destinations: string[] = [];
  readonly credentials: (string | undefined)[] = [];

  add(destination: string, credentials: string | undefined): void {
    this.destinations.push(destination);
    this.credentials.push(credentials);
  }

  async listen(server: Server): Promise<TestProxy> {
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return {
      port: (server.address() as AddressInfo).port,
      destinations: this.destinations,
      credentials: this.credentials,
      [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())),
    };
  }
}

/** The answer of the proxy leaves together with the first words of the server. */
function join(client: Socket, port: number, answer: string | Uint8Array): void {
  const server = connect(port, "127.0.0.1");
  client.on("error", () => server.destroy());
  client.on("close", () => server.destroy());
  server.on("error", () => {});
  server.on("close", () => client.destroySoon());
  server.once("data", (greeting) => {
    client.write(Buffer.concat([Buffer.from(answer), Buffer.from(greeting)]));
    server.pipe(client);
  });
  client.pipe(server);
}

function read(socket: Socket): Promise<Buffer> {
  return new Promise((resolve) => socket.once("data", (chunk) => resolve(Buffer.from(chunk))));
}

/** VER CMD RSV ATYP ADDR PORT: a name, an IPv4 or an IPv6 address. */
function readDestination(request: Buffer): string {
  const port = request.readUInt16BE(request.length - 2);
  const address = request.subarray(4, -2);
  const type = request[3];
  if (type === 3) return `${address.subarray(1)}:${port}`;
  return type === 1 ? `${address.join(".")}:${port}` : `[${address.toString("hex")}]:${port}`;
}
