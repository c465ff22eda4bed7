import type { AttachmentSource } from "@edgepost/core";

type StreamSource = Extract<AttachmentSource, { kind: "stream" }>;

/** What became of a source in a test. */
export interface WatchedSource extends StreamSource {
  readonly opened: number;
  /** Chunks asked for, over all openings. */
  readonly pulled: number;
  readonly cancelled: number;
}

/** A source that gives these chunks, each when it is asked for, and counts what is done with it. */
export function watchedSource(chunks: readonly (Uint8Array | Error)[], once = false): WatchedSource {
  const counts = { opened: 0, pulled: 0, cancelled: 0 };
  return {
    kind: "stream",
    once,
    get opened() {
      return counts.opened;
    },
    get pulled() {
      return counts.pulled;
    },
    get cancelled() {
      return counts.cancelled;
    },
    async open({ signal }) {
      counts.opened++;
      if (once && counts.opened > 1) throw new Error("opened a second time");
      const rest = chunks.values();
      const stream = new ReadableStream<Uint8Array>(
        {
          start(controller) {
            signal?.addEventListener("abort", () => {
              counts.cancelled++;
              controller.error(signal.reason);
            });
          },
          pull(controller) {
            counts.pulled++;
            const { done, value } = rest.next();
            if (done) controller.close();
            else if (value instanceof Error) controller.error(value);
            else controller.enqueue(value);
          },
          cancel() {
            counts.cancelled++;
          },
        },
        { highWaterMark: 0 },
      );
      return stream;
    },
  };
}

/** These bytes as a stream that can be opened again and again. */
export function streamedInChunks(bytes: Uint8Array, size: number): WatchedSource {
  const chunks: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.slice(at, at + size));
  return watchedSource(chunks);
}

/** These bytes as a stream that can be opened one time. */
export function onceSource(bytes: Uint8Array): WatchedSource {
  return watchedSource([bytes], true);
}
