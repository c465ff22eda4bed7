import { randomUUID } from "node:crypto";
import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { MailError, type Transport } from "@edgepost/core";

/**
 * A transport of one's own: it puts each message into a folder, as a file for another program to pick up. The envelope
 * goes into a file beside it, since Bcc recipients stand in no header.
 *
 * It passes the contract of every transport: `transportContract` of `@edgepost/core/testing`.
 */
export function spoolTransport(folder: string): Transport {
  const writing = new Set<Promise<unknown>>();
  let isClosed = false;

  return {
    name: "spool",
    async send(mail, { signal } = {}) {
      if (isClosed) throw new MailError("closed", "The spool was closed.", { phase: "input" });
      const spooling = spool(folder, mail, signal);
      writing.add(spooling);
      try {
        const size = await spooling;
        const { messageId, envelope } = mail;
        return {
          messageId,
          accepted: envelope.to,
          rejected: [],
          reply: undefined,
          transport: "spool",
          size,
          downgrades: [],
        };
      } finally {
        writing.delete(spooling);
      }
    },
    async close() {
      isClosed = true;
      await Promise.allSettled(writing);
    },
  };
}

type Mail = Parameters<Transport["send"]>[0];

/** Written under another name and renamed last: a reader never sees half a message. */
async function spool(folder: string, mail: Mail, signal: AbortSignal | undefined): Promise<number> {
  refuseWhenAborted(signal);
  const bytes = await mail.bytes();
  refuseWhenAborted(signal);
  await mkdir(folder, { recursive: true });
  const file = join(folder, randomUUID());
  await writeFile(`${file}.json`, JSON.stringify(mail.envelope));
  await writeFile(`${file}.part`, bytes);
  await rename(`${file}.part`, `${file}.eml`);
  return bytes.length;
}

function refuseWhenAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new MailError("aborted", "The send was aborted.", { phase: "body", cause: signal.reason });
}
