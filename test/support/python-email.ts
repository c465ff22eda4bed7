import { spawn, spawnSync } from "node:child_process";
import { createInterface } from "node:readline";

/** What Python's `email` package, under a policy that raises on every defect, reads in a message. */
export interface PythonMessage {
  /** Set when it cannot be read at all. */
  readonly error?: string;
  readonly defects: readonly string[];
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Mailboxes outside of a group are in one whose name is null. */
  readonly addresses: Readonly<Record<string, readonly PythonGroup[]>>;
  /** The leaves, in order. */
  readonly parts: readonly PythonPart[];
}

export interface PythonGroup {
  readonly group: string | null;
  readonly members: readonly { readonly name: string; readonly address: string }[];
}

export interface PythonPart {
  readonly type: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly disposition: string | null;
  readonly filename: string | null;
  readonly contentId: string | null;
  /** Base64 of the decoded content; null for an attached message, whose parts follow. */
  readonly content: string | null;
}

export interface PythonEmail {
  read(message: Uint8Array): Promise<PythonMessage>;
  close(): void;
}

/** Tests that need it say so when they are skipped. */
export const hasPython: boolean = spawnSync("python3", ["-c", "import email.policy"]).status === 0;

/** One process for all messages: starting Python takes longer than reading a thousand of them. */
export function startPythonEmail(): PythonEmail {
  const python = spawn("python3", [new URL("python-email.py", import.meta.url).pathname], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const answers = createInterface({ input: python.stdout })[Symbol.asyncIterator]();

  async function read(message: Uint8Array): Promise<PythonMessage> {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(message.length);
    python.stdin.write(Buffer.concat([length, message]));
    const { value, done } = await answers.next();
    if (done) throw new Error("python3 ended before it answered");
    return JSON.parse(value) as PythonMessage;
  }

  return { read, close: () => python.stdin.end() };
}
