import { socketPair } from "@edgepost/core/testing";
import { describe, expect, it } from "vitest";

const encode = (text: string) => new TextEncoder().encode(text);

/** Reads until the end, or until so many bytes have come. */
async function readText(readable: ReadableStream<Uint8Array>, bytes = Number.POSITIVE_INFINITY): Promise<string[]> {
  const reader = readable.getReader();
  const chunks: string[] = [];
  try {
    for (let read = 0; read < bytes; ) {
      const { value } = await reader.read();
      if (value === undefined) break;
      chunks.push(new TextDecoder().decode(value));
      read += value.length;
    }
  } finally {
    reader.releaseLock();
  }
  return chunks;
}

async function write(writable: WritableStream<Uint8Array>, text: string): Promise<void> {
  const writer = writable.getWriter();
  try {
    await writer.write(encode(text));
  } finally {
    writer.releaseLock();
  }
}

describe("socketPair", () => {
  it("carries bytes both ways", async () => {
    const [client, server] = socketPair();
    await write(client.writable, "EHLO\r\n");
    await write(server.writable, "250 OK\r\n");
    expect(await readText(server.readable, 6)).toEqual(["EHLO\r\n"]);
    expect(await readText(client.readable, 8)).toEqual(["250 OK\r\n"]);
  });

  it.each([
    ["whole", ["250-a\r\n250", " b\r\n"]],
    ["line", ["250-a\r\n", "250", " b\r\n"]],
    ["byte", [..."250-a\r\n250 b\r\n"]],
  ] as const)("cuts %s", async (delivery, chunks) => {
    const [client, server] = socketPair({ delivery });
    await write(server.writable, "250-a\r\n250");
    await write(server.writable, " b\r\n");
    expect(await readText(client.readable, 14)).toEqual(chunks);
  });

  it("lets a writer wait while the other end does not read", async () => {
    const [client, server] = socketPair({ bufferBytes: 10 });
    const writer = client.writable.getWriter();
    const writing = writer.write(encode("twelve bytes"));
    let written = false;
    writing.then(() => {
      written = true;
    });
    await write(server.writable, "turn");
    await readText(client.readable, 4);
    expect(written).toBe(false);
    await readText(server.readable, 12);
    await writing;
  });

  it("does not read ahead", async () => {
    const [client, server] = socketPair({ delivery: "line" });
    await write(server.writable, "220 go\r\n250 injected\r\n");
    await readText(client.readable, 8);
    expect(client.unreadBytes).toBe(14);
  });

  it("keeps what was written when the writer reuses its buffer", async () => {
    const [client, server] = socketPair();
    const buffer = encode("first");
    const writer = client.writable.getWriter();
    await writer.write(buffer);
    buffer.fill(0);
    expect(await readText(server.readable, 5)).toEqual(["first"]);
  });

  it("reads what is left and then the end when the other has closed", async () => {
    const [client, server] = socketPair();
    await write(server.writable, "221 bye\r\n");
    await server.close();
    expect(await readText(client.readable)).toEqual(["221 bye\r\n"]);
    await expect(write(client.writable, "QUIT\r\n")).rejects.toThrow("closed the connection");
  });

  it("keeps the other direction open after a half-close", async () => {
    const [client, server] = socketPair();
    await client.writable.close();
    expect(await readText(server.readable)).toEqual([]);
    await write(server.writable, "still here");
    expect(await readText(client.readable, 10)).toEqual(["still here"]);
  });

  it("loses what is on its way in a reset", async () => {
    const [client, server] = socketPair();
    await write(server.writable, "lost");
    server.reset();
    await expect(readText(client.readable)).rejects.toThrow("reset");
    await expect(write(client.writable, "x")).rejects.toThrow("reset");
  });

  it("breaks for both ends when a writer aborts", async () => {
    const [client, server] = socketPair();
    await client.writable.abort(new Error("enough"));
    await expect(readText(server.readable)).rejects.toThrow("reset");
  });

  it("frees a waiting writer when the reader goes away", async () => {
    const [client, server] = socketPair({ bufferBytes: 1 });
    const writing = write(client.writable, "more than one");
    await server.close();
    await expect(writing).rejects.toThrow("closed the connection");
  });

  it("tells that the other end is gone before its last bytes are read", async () => {
    const [client, server] = socketPair();
    await write(client.writable, "unread");
    await client.close();
    await server.whenGone();
    expect(server.unreadBytes).toBe(6);
  });
});

describe("socketPair, startTls", () => {
  it("gives both ends a fresh, secure socket and the asked-for name", async () => {
    const [client, server] = socketPair();
    const [secureClient, secureServer] = await Promise.all([
      client.startTls({ serverName: "mail.example" }),
      server.startTls(),
    ]);
    expect([client.secure, secureClient.secure, secureServer.secure]).toEqual([false, true, true]);
    expect(secureServer.serverName).toBe("mail.example");
    await write(secureClient.writable, "EHLO again\r\n");
    expect(await readText(secureServer.readable, 12)).toEqual(["EHLO again\r\n"]);
    await expect(write(client.writable, "in clear")).rejects.toThrow("upgraded");
  });

  it("calls plain bytes that are still unread a protocol error", async () => {
    const [client, server] = socketPair();
    await write(server.writable, "250 injected\r\n");
    await expect(client.startTls()).rejects.toMatchObject({ code: "protocol-error", phase: "tls" });
  });

  it.each([
    ["plain bytes", (server: WritableStream<Uint8Array>) => write(server, "no TLS here\r\n")],
    ["an end", (server: WritableStream<Uint8Array>) => server.close()],
    ["a reset", (server: WritableStream<Uint8Array>) => server.abort()],
  ])("fails the handshake on %s", async (_, answer) => {
    const [client, server] = socketPair();
    const handshake = client.startTls();
    await answer(server.writable);
    await expect(handshake).rejects.toMatchObject({ code: "tls-failed", phase: "tls" });
  });

  it("ends a handshake that nobody answers when its own socket is closed", async () => {
    const [client] = socketPair();
    const handshake = client.startTls();
    await client.close();
    await expect(handshake).rejects.toMatchObject({ code: "tls-failed" });
  });

  it("insists that locks are released and no read is pending", async () => {
    const [client] = socketPair();
    const reader = client.readable.getReader();
    await expect(client.startTls()).rejects.toThrow(TypeError);
    const pending = reader.read().catch(() => {});
    reader.releaseLock();
    await pending;
    await expect(client.startTls()).rejects.toThrow(TypeError);
  });
});
