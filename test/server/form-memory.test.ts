import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { acceptAll, MESSAGE, TOKEN, testEndpoint } from "./endpoint.ts";

const MIB = 1024 * 1024;
const FILE_BYTES = 16 * MIB;

setFlagsFromString("--expose-gc");
const collect: () => void = runInNewContext("gc");

/** Octets of all buffers that somebody still holds. What nobody holds is given back some turns after it was found. */
async function heldBytes(): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let turn = 0; turn < 8; turn++) {
    collect();
    await new Promise((resolve) => setImmediate(resolve));
    least = Math.min(least, process.memoryUsage().arrayBuffers);
  }
  return least;
}

/** The form as a client sends it, 64 KiB at a time; `onEnd` is called when the last of it was taken. */
function streamForm(onEnd: () => Promise<void>): ReadableStream<Uint8Array> {
  const encode = (text: string) => new TextEncoder().encode(text);
  function* chunks(): Generator<Uint8Array> {
    yield encode(`--XX\r\nContent-Disposition: form-data; name="message"\r\n\r\n${JSON.stringify(MESSAGE)}\r\n`);
    yield encode('--XX\r\nContent-Disposition: form-data; name="file"; filename="a.bin"\r\n\r\n');
    for (let sent = 0; sent < FILE_BYTES; sent += 64 * 1024) yield new Uint8Array(64 * 1024).fill(sent % 251);
    yield encode("\r\n--XX--\r\n");
  }
  const iterator = chunks();
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = iterator.next();
      if (!done) return controller.enqueue(value);
      await onEnd();
      controller.close();
    },
  });
}

test("a file of a form is in memory once: when it has arrived, and while the message is being sent", async () => {
  const held: number[] = [];
  const endpoint = testEndpoint({
    async send(mail) {
      held.push(await heldBytes());
      let sent = 0;
      for await (const chunk of mail.stream()) {
        const before = sent;
        sent += chunk.length;
        if (Math.floor(before / (8 * MIB)) < Math.floor(sent / (8 * MIB))) held.push(await heldBytes());
      }
      expect(sent).toBe(mail.size);
      return acceptAll(mail);
    },
  });
  const before = await heldBytes();
  const response = await endpoint.app.request("/v1/messages", {
    method: "POST",
    headers: {
      authorization: `Bearer ${TOKEN}`,
      "content-type": "multipart/form-data; boundary=XX",
      "idempotency-key": "1",
    },
    body: streamForm(async () => void held.push(await heldBytes())),
    duplex: "half",
  } as RequestInit);
  expect(response.status, await response.clone().text()).toBe(200);
  expect(held.length).toBeGreaterThanOrEqual(4);
  for (const bytes of held) {
    // The file itself is held, so the measure measures; a second copy, encoded or not, would be as much again.
    expect(bytes - before).toBeGreaterThan(0.9 * FILE_BYTES);
    expect(bytes - before).toBeLessThan(1.4 * FILE_BYTES);
  }
});
