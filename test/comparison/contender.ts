/** One of the libraries that are compared. Each is asked for the same by the same words. */
export interface Contender {
  readonly name: "edgepost" | "nodemailer" | "worker-mailer" | "upyo";
  /** What a program imports of it. */
  readonly specifier: string;
  /** A Worker that sends by it; see `WorkerRequest`. */
  readonly worker: URL;
  /** Sends one message, from Node, or else from a Worker. */
  send(link: Link, message: ComparedMessage): Promise<Sent>;
}

export interface Link {
  readonly port: number;
  readonly login?: { readonly username: string; readonly password: string; readonly method?: string };
  /** Logs in by this token instead. */
  readonly accessToken?: string;
  /** No encryption is wanted. */
  readonly clear?: boolean;
  /** The server will not answer: the library shall not wait for a minute, and who never gives up is left. */
  readonly hurry?: boolean;
  /** PEM, for the domain example.com. */
  readonly dkimKey?: string;
}

export interface ComparedMessage {
  readonly fromName?: string;
  readonly to?: readonly string[];
  readonly bcc?: string;
  readonly subject?: string;
  readonly filename?: string;
}

/** What the library told its caller. */
export interface Sent {
  readonly error?: string;
  /** Recipients it told to be refused, beside others that were accepted. */
  readonly refused?: readonly string[];
}

/** What the Workers are asked, as JSON. They answer with `Sent`. */
export interface WorkerRequest {
  readonly host: string;
  readonly port: number;
  readonly security: "starttls" | "implicit" | "none";
  /** The name in the certificate, for who connects by an address that he looked up himself. */
  readonly serverName?: string;
  readonly login?: Link["login"];
  readonly hurry?: boolean;
  /** Keeps the client for the next request. */
  readonly keep?: boolean;
  readonly message: ComparedMessage;
}

export const SENDER = "sender@example.com";
export const RECIPIENTS: readonly string[] = ["ada@example.com"];

/** The time limit of who is in a hurry, for a reply: enough for the replies that do come, on a busy machine too. */
export const HURRY_MS = 4_000;
