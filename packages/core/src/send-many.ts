import type { Receipt, SendResult } from "./receipt.ts";

/**
 * Sends each message as it arrives, at most `concurrency` at once, and yields results in input order.
 *
 * Results wait for their turn, so at most `concurrency` messages are in memory: a result that is not read holds back the
 * reading of new input. A source that waits for a result before it gives the next message does not block: whichever
 * comes first, input or the oldest result, is taken.
 */
export async function* sendInOrder<Message>(
  messages: Iterable<Message> | AsyncIterable<Message>,
  send: (message: Message) => Promise<Receipt>,
  concurrency: number,
): AsyncGenerator<SendResult, void, void> {
  const source = Symbol.asyncIterator in messages ? messages[Symbol.asyncIterator]() : messages[Symbol.iterator]();
  const underWay: Promise<SendResult>[] = [];
  let input: Promise<IteratorResult<Message>> | undefined;
  let index = 0;
  let ended = false;

  try {
    while (!ended || underWay.length > 0) {
      if (!ended && underWay.length < concurrency) input ??= Promise.resolve(source.next());
      const oldest = underWay[0];
      const arrived = await Promise.race([...(input ? [input] : []), ...(oldest ? [oldest] : [])]);
      if ("index" in arrived) {
        underWay.shift();
        yield arrived;
      } else {
        input = undefined;
        if (arrived.done) ended = true;
        else underWay.push(settle(index++, send(arrived.value)));
      }
    }
  } finally {
    // The reader may leave early: what is under way ends, and the source is told.
    await Promise.all(underWay);
    if (!ended) await source.return?.();
  }
}

function settle(index: number, sending: Promise<Receipt>): Promise<SendResult> {
  return sending.then(
    (receipt) => ({ index, ok: true, receipt }),
    (error: Error) => ({ index, ok: false, error }),
  );
}
