import type { Socket } from "node:net";
import { MailError } from "@edgepost/core";

/** Waits until a socket says `event`. One that fails, closes or is given up first is destroyed. */
export function untilOpen(
  socket: Socket,
  event: "connect" | "secureConnect",
  signal: AbortSignal | undefined,
  translate: (error: unknown) => MailError,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const open = () => {
      settle();
      resolve();
    };
    const fail = (error: unknown) => {
      settle();
      // Whatever it still has to say comes too late.
      socket.on("error", () => {});
      socket.destroy();
      reject(error);
    };
    const onError = (error: Error) => fail(translate(error));
    const onClose = () => fail(translate(undefined));
    const onAbort = () => fail(aborted(signal));
    const settle = () => {
      socket.off(event, open).off("error", onError).off("close", onClose);
      signal?.removeEventListener("abort", onAbort);
    };
    socket.on(event, open).on("error", onError).on("close", onClose);
    signal?.addEventListener("abort", onAbort);
    if (signal?.aborted) onAbort();
  });
}

function aborted(signal: AbortSignal | undefined): MailError {
  return new MailError("aborted", "Connecting was aborted.", { phase: "connect", cause: signal?.reason });
}
