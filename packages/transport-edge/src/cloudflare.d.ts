/** The little of Cloudflare's modules that is used here: the whole of their types brings globals that clash with others. */

declare module "cloudflare:sockets" {
  export interface Socket {
    readonly readable: ReadableStream<Uint8Array>;
    readonly writable: WritableStream<Uint8Array>;
    readonly opened: Promise<unknown>;
    readonly closed: Promise<void>;
    startTls(): Socket;
    close(): Promise<void>;
  }

  export function connect(
    address: { readonly hostname: string; readonly port: number },
    options: { readonly secureTransport: "on" | "starttls" | "off"; readonly allowHalfOpen: boolean },
  ): Socket;
}

declare module "cloudflare:email" {
  export class EmailMessage {
    constructor(from: string, to: string, raw: ReadableStream<Uint8Array> | string);
    readonly from: string;
    readonly to: string;
  }
}
