import type { SmtpSocket } from "@edgepost/core/smtp";
import type { ScriptedServer, ScriptedServerOptions } from "@edgepost/core/testing";
import { scriptedServer } from "@edgepost/core/testing";
import { describe, expect, it } from "vitest";

/** The barest client: says what it is told, and reads until a line comes that ends a reply. */
class Client {
  socket: SmtpSocket;
  #buffer = "";

  constructor(socket: SmtpSocket) {
    this.socket = socket;
  }

  static async connect(server: ScriptedServer): Promise<Client> {
    const tls = { rejectUnauthorized: true, minVersion: "TLSv1.2" } as const;
    return new Client(await server.connect({ host: "mail.example", port: 587, secure: "starttls", tls }, {}));
  }

  async say(text: string): Promise<void> {
    const writer = this.socket.writable.getWriter();
    await writer.write(new TextEncoder().encode(text)).finally(() => writer.releaseLock());
  }

  async hear(): Promise<string> {
    const reader = this.socket.readable.getReader();
    try {
      for (;;) {
        const reply = /^(?:\d{3}-.*\r\n)*\d{3} .*\r\n/.exec(this.#buffer);
        if (reply !== null) {
          this.#buffer = this.#buffer.slice(reply[0].length);
          return reply[0];
        }
        const { value, done } = await reader.read();
        if (done) return "end";
        this.#buffer += new TextDecoder().decode(value, { stream: true });
      }
    } finally {
      reader.releaseLock();
    }
  }
}

const HELLO = `
  # a comment
  S: 220 mail.example ready
  C: EHLO me.example
  S: 250-mail.example
  S: 250 SIZE 1000
`;

async function greet(
  script: string,
  options?: ScriptedServerOptions,
): Promise<{ server: ScriptedServer; client: Client }> {
  const server = scriptedServer(HELLO + script, options);
  const client = await Client.connect(server);
  expect(await client.hear()).toBe("220 mail.example ready\r\n");
  await client.say("EHLO me.example\r\n");
  expect(await client.hear()).toBe("250-mail.example\r\n250 SIZE 1000\r\n");
  return { server, client };
}

describe.each(["whole", "line", "byte"] as const)("scriptedServer, delivered by %s", (delivery) => {
  it("plays a dialogue to its end", async () => {
    const { server, client } = await greet("C: QUIT\nS: 221 bye\n", { delivery });
    await client.say("QUIT\r\n");
    expect(await client.hear()).toBe("221 bye\r\n");
    await client.socket.close();
    await server.done;
    expect(new TextDecoder().decode(server.received)).toBe("EHLO me.example\r\nQUIT\r\n");
    expect(server.targets).toMatchObject([{ host: "mail.example", port: 587 }]);
  });

  it("shows the difference when the client says something else", async () => {
    const { server, client } = await greet("C: MAIL FROM:<a@b.example>\nS: 250 OK\n", { delivery });
    await client.say("MAIL FROM:<x@b.example>\r\n");
    await expect(client.hear()).rejects.toThrow("reset");
    await expect(server.done).rejects.toThrow(
      /line 7 of the script.*expected: C: MAIL FROM:<a@b.*received: C: MAIL FROM:<x/s,
    );
  });

  it("shows what came before the difference", async () => {
    const { server, client } = await greet("C: NOOP\n", { delivery });
    await client.say("HELP\r\n");
    await expect(server.done).rejects.toThrow(
      "C: EHLO me.example\\r\\n\n    S: 250-mail.example\\r\\n250 SIZE 1000\\r\\n",
    );
  });

  it("does not let the client run ahead of a reply", async () => {
    const { server, client } = await greet("C: MAIL FROM:<>\nS: 250 OK\nC: RCPT TO:<a@b.example>\nS: 250 OK\n", {
      delivery,
    });
    await client.say("MAIL FROM:<>\r\nRCPT TO:<a@b.example>\r\n");
    await expect(server.done).rejects.toThrow("did not wait for the reply");
  });

  it("takes a group of commands before it answers any", async () => {
    const { server, client } = await greet(
      "C: MAIL FROM:<>\nC: RCPT TO:<a@b.example>\nS: 250 sender\nS: 250 recipient\n",
      { delivery },
    );
    await client.say("MAIL FROM:<>\r\nRCPT TO:<a@b.example>\r\n");
    expect([await client.hear(), await client.hear()]).toEqual(["250 sender\r\n", "250 recipient\r\n"]);
    await client.socket.close();
    await server.done;
  });

  it("says what is missing when the client closes too early", async () => {
    const { server, client } = await greet("C: QUIT\nS: 221 bye\n", { delivery });
    await client.socket.close();
    await expect(server.done).rejects.toThrow(/closed the connection.*expected: C: QUIT/s);
  });

  it("does not accept anything after the end of the script", async () => {
    const { server, client } = await greet("", { delivery });
    await client.say("NOOP\r\n");
    await expect(server.done).rejects.toThrow("went on after the end");
  });

  it("knows the message by heart: raw, dot-stuffed and by size", async () => {
    const message = new TextEncoder().encode("A: b\r\n\r\n.dot\r\n");
    const script =
      "C: MAIL FROM:<> SIZE=<size>\nS: 250 OK\nC: DATA\nS: 354 go\nC: <data>\nS: 250 OK\nC: BDAT <size> LAST\nC: <message>\nS: 250 OK\n";
    const { server, client } = await greet(script, { delivery, message });
    for (const said of [
      "MAIL FROM:<> SIZE=14\r\n",
      "DATA\r\n",
      "A: b\r\n\r\n..dot\r\n.\r\n",
      "BDAT 14 LAST\r\nA: b\r\n\r\n.dot\r\n",
    ]) {
      await client.say(said);
      await client.hear();
    }
    await client.socket.close();
    await server.done;
  });

  it("takes any message where none was given", async () => {
    const { server, client } = await greet("C: <data>\nS: 250 OK\nC: <data>\nS: 250 OK\n", { delivery });
    for (const said of ["A: b\r\n\r\nx\r\n..\r\n\r\r\n.\r\n", ".\r\n"]) {
      await client.say(said);
      expect(await client.hear()).toBe("250 OK\r\n");
    }
    await client.socket.close();
    await server.done;
  });

  it("upgrades to TLS", async () => {
    const { server, client } = await greet("C: STARTTLS\nS: 220 go\n-- starttls --\nC: EHLO me.example\nS: 250 OK\n", {
      delivery,
    });
    await client.say("STARTTLS\r\n");
    await client.hear();
    const secure = new Client(await client.socket.startTls());
    await secure.say("EHLO me.example\r\n");
    expect(await secure.hear()).toBe("250 OK\r\n");
    await secure.socket.close();
    await server.done;
  });

  it("notices what a client says in clear text ahead of the handshake", async () => {
    const { server, client } = await greet("C: STARTTLS\nS: 220 go\n-- starttls --\n", { delivery });
    await client.say("STARTTLS\r\n");
    await client.hear();
    await client.say("AUTH PLAIN\r\n");
    await expect(server.done).rejects.toThrow("made no TLS handshake");
  });

  it.each([
    ["close", "end"],
    ["reset", "The connection was reset."],
  ])("ends the connection by %s", async (directive, expected) => {
    const { server, client } = await greet(`C: NOOP\n-- ${directive} --\n`, { delivery });
    await client.say("NOOP\r\n");
    expect(await client.hear().catch((error: Error) => error.message)).toBe(expected);
    await server.done;
  });

  it("stalls until the client gives up", async () => {
    const { server, client } = await greet("-- stall --", { delivery });
    await client.say("anything\r\n");
    await client.socket.close();
    await server.done;
  });

  it("interrupts a client that is still speaking, and ignores the rest", async () => {
    const { server, client } = await greet("C= first half\n-- interrupt --\nS: 552 too big\n-- ignore --\n", {
      delivery,
    });
    await client.say("first half, second half");
    expect(await client.hear()).toBe("552 too big\r\n");
    await client.socket.close();
    await server.done;
  });

  it("repeats without end, and only as fast as it is read", async () => {
    const { server, client } = await greet("-- endless 250-again\\r\\n --", { delivery });
    const { value } = await client.socket.readable.getReader().read();
    expect(value?.[0]).toBe("2".charCodeAt(0));
    await client.socket.close();
    await server.done;
  });
});

describe("scriptedServer", () => {
  it("says bytes that are no line", async () => {
    const server = scriptedServer("S= 2\\x320 \\\\ready\\r\\n");
    const client = await Client.connect(server);
    expect(await client.hear()).toBe("220 \\ready\r\n");
  });

  it("plays one connection after the other, and refuses one too many", async () => {
    const server = scriptedServer("S: 220 first\n-- close --\n-- next connection --\nS: 220 second\n-- close --\n");
    expect(await (await Client.connect(server)).hear()).toBe("220 first\r\n");
    expect(await (await Client.connect(server)).hear()).toBe("220 second\r\n");
    await server.done;
    await expect(Client.connect(server)).rejects.toMatchObject({ code: "connect-failed" });
  });

  it("honours the signal of connect", async () => {
    const server = scriptedServer("S: 220 never\n");
    const target = {
      host: "h",
      port: 1,
      secure: "none",
      tls: { rejectUnauthorized: true, minVersion: "TLSv1.2" },
    } as const;
    await expect(server.connect(target, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: "aborted" });
    expect(server.targets).toEqual([]);
  });

  it.each([
    ["a line of nobody", "X: what\n", /Line 1 .* neither/],
    ["an unknown directive", "S: 220\n-- restart --\n", /Line 2 .* neither/],
    ["a step behind the end", "-- close --\nS: 220\n", /Line 2 .* never reached/],
    ["a message it was not given", "C: BDAT <size> LAST\n", /Line 1 .* option "message"/],
  ])("refuses a script with %s", (_, script, message) => {
    expect(() => scriptedServer(script)).toThrow(message);
  });
});
