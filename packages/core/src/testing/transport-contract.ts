import type { Transport } from "../transport.ts";
import { closes, refusesWhenAborted, stopsWhenAborted, stopsWhenAttachmentFails, verifies } from "./contract/ending.ts";
import { stopsBeforeFinal, tellsBeforeFinal } from "./contract/final.ts";
import { BUSY, UNKNOWN } from "./contract/mail.ts";
import { failsForGood, failsForNow, sendsToNobody, sendsToOthers } from "./contract/refusing.ts";
import {
  answersWithReceipt,
  deliversBytes,
  deliversStream,
  keepsMessageId,
  keepsToEnvelope,
  sendsManyAtOnce,
  showsNoBcc,
} from "./contract/sending.ts";

/** One message as the server took it. */
export interface ReceivedMail {
  /** The reverse path, without angle brackets. */
  readonly from: string;
  /** The forward paths the server accepted, without angle brackets. */
  readonly to: readonly string[];
  /** The message, dots unstuffed. Trace headers that the server put on top may stay. */
  readonly bytes: Uint8Array;
}

/** A transport under test, and the server behind it. */
export interface ContractSubject {
  /** The one under test. */
  readonly transport: Transport;
  /**
   * What the server took since the subject was made, oldest first. Where mail arrives later than it is accepted, it
   * resolves once there are `atLeast` so many.
   */
  received(atLeast: number): readonly ReceivedMail[] | Promise<readonly ReceivedMail[]>;
  /** Called after the test, whether or not the test closed the transport. */
  dispose?(): void | Promise<void>;
}

/** What the contract needs to know of a transport, and of the server behind it. */
export interface TransportContractOptions {
  /** The runner's own: `test` of vitest, `node:test`, `bun:test`, or `Deno.test`. */
  readonly test: (name: string, run: () => Promise<void>) => unknown;
  /**
   * Makes a fresh transport for each test. Its server takes everything, except that it answers the RCPT of an address
   * in `refuse` with that reply code.
   */
  createTransport(server: { readonly refuse: ReadonlyMap<string, number> }): ContractSubject | Promise<ContractSubject>;
  /** `false` where the server cannot be told to refuse a recipient: those tests are left out. Default: true. */
  readonly canRefuse?: boolean | undefined;
  /** `false` where the transport builds its own MIME from `mail.message`: bytes are not compared. Default: true. */
  readonly keepsBytes?: boolean | undefined;
}

/**
 * The contract of a `Transport`, as tests for any runner in any runtime: envelope, bytes, receipts, refusals, aborts,
 * concurrency, verifying and closing.
 *
 * @example
 * transportContract({
 *   test,
 *   async createTransport({ refuse }) {
 *     const server = await startTestServer({ refuse });
 *     return { transport: myTransport({ port: server.port }), received: () => server.received, dispose: () => server.stop() };
 *   },
 * });
 */
export function transportContract(options: TransportContractOptions): void {
  const { test, createTransport, canRefuse = true, keepsBytes = true } = options;

  function contractTest(
    name: string,
    run: (subject: ContractSubject) => Promise<void>,
    refusals: Readonly<Record<string, number>> = {},
  ): void {
    test(name, async () => {
      const subject = await createTransport({ refuse: new Map(Object.entries(refusals)) });
      try {
        await run(subject);
      } finally {
        await subject.dispose?.();
      }
    });
  }

  contractTest("answers with a receipt", answersWithReceipt);
  contractTest("keeps to the envelope, whatever the headers say", keepsToEnvelope);
  contractTest("shows no Bcc recipient in the message", showsNoBcc);
  contractTest("keeps the Message-ID, also when the same mail is sent again", keepsMessageId);
  contractTest("sends many at once", sendsManyAtOnce);
  contractTest("sends nothing when it was aborted before", refusesWhenAborted);
  contractTest("sends nothing when it is aborted while the message is written", stopsWhenAborted);
  contractTest("sends nothing when an attachment fails", stopsWhenAttachmentFails);
  contractTest("tells when the message is about to be deliverable", tellsBeforeFinal);
  contractTest("sends nothing when that is not allowed", stopsBeforeFinal);
  contractTest("verifies the connection in stages, without sending", verifies);
  contractTest("finishes what is under way before it closes, and takes nothing afterwards", closes);
  if (keepsBytes) {
    contractTest("delivers every byte as it was built", deliversBytes);
    contractTest("delivers a streamed message", deliversStream);
  }
  if (canRefuse) {
    contractTest("sends to the others when some recipients are refused", sendsToOthers, {
      [BUSY]: 450,
      [UNKNOWN]: 550,
    });
    contractTest("sends to nobody when it is all or none", sendsToNobody, { [UNKNOWN]: 550 });
    contractTest("fails for good when every recipient is refused for good", failsForGood, { [UNKNOWN]: 550 });
    contractTest("may be tried again when a recipient is refused for now", failsForNow, {
      [BUSY]: 450,
      [UNKNOWN]: 550,
    });
  }
}
