import type { Aftermath } from "./faults.ts";
import { type Moment, type Plan, SECOND, STRANGER } from "./plan.ts";
import type { ServerLink } from "./server-link.ts";
import type { Witness } from "./witness.ts";

/** Serves one connection. The first misbehaves as planned, once; each further one is honest. */
export async function serve(link: ServerLink, plan: Plan, witness: Witness): Promise<void> {
  witness.connections += 1;
  const conversation = new Conversation(
    link,
    witness.connections === 1 ? plan : { ...plan, moment: undefined },
    witness,
  );
  try {
    await conversation.hold();
  } catch (error) {
    if (!(error instanceof Over)) witness.failures.push(error);
  }
  await conversation.listenToTheEnd();
}

/** Nothing more is said on this connection. */
class Over extends Error {}

class Conversation {
  readonly #link: ServerLink;
  readonly #plan: Plan;
  readonly #witness: Witness;
  #unread = "";
  #unsaid = "";
  #hasMisbehaved = false;
  #isSecured = false;
  #hasHadMessage = false;
  #hasSender = false;
  #recipients = 0;
  #chunks = "";

  constructor(link: ServerLink, plan: Plan, witness: Witness) {
    this.#link = link;
    this.#plan = plan;
    this.#witness = witness;
  }

  async hold(): Promise<never> {
    if (this.#isDue("connect")) await this.#misbehave("");
    if (this.#plan.security === "implicit") await this.#secure();
    await this.#answer("greeting", "220 mail.example ESMTP");
    for (;;) await this.#obey(await this.#line());
  }

  /** So that everything the client sent is known, and that it closes. */
  async listenToTheEnd(): Promise<void> {
    while ((await this.#take()) !== undefined);
    await this.#link.gone;
  }

  async #obey(line: string): Promise<void> {
    const [verb = ""] = line.toUpperCase().split(/[ :]/, 1);
    switch (verb) {
      case "EHLO":
        await this.#answer(this.#isSecured ? "EHLO under TLS" : "EHLO", this.#capabilities());
        return;
      case "STARTTLS":
        if ((await this.#answer("STARTTLS", "220 2.0.0 Go ahead")) === "accepted") await this.#secure();
        return;
      case "AUTH":
        return this.#authenticate(line);
      case "MAIL":
        return this.#mail();
      case "RCPT":
        return this.#rcpt(line);
      case "DATA":
        return this.#data();
      case "BDAT":
        return this.#bdat(line);
      case "RSET":
        await this.#answer("RSET", "250 2.0.0 OK");
        this.#endTransaction();
        return;
      case "QUIT":
        await this.#answer("QUIT", "221 2.0.0 Bye");
        this.#link.close();
        throw new Over();
      default:
        await this.#say(verb === "HELO" ? "250 mail.example" : "500 5.5.1 What?");
    }
  }

  #capabilities(): string {
    const { security, auth, pipelining, chunking } = this.#plan;
    const isReady = security !== "starttls" || this.#isSecured;
    const lines = [
      "mail.example",
      ...(isReady ? [] : ["STARTTLS"]),
      ...(isReady && auth.length > 0 ? [`AUTH ${auth.join(" ")}`] : []),
      ...(pipelining ? ["PIPELINING"] : []),
      ...(chunking ? ["CHUNKING"] : []),
    ];
    return lines.map((line, index) => `250${index === lines.length - 1 ? " " : "-"}${line}`).join("\r\n");
  }

  async #secure(): Promise<void> {
    if (this.#isDue("handshake")) {
      await this.#link.hello();
      await this.#misbehave("");
      throw new Over();
    }
    try {
      await this.#link.startTls();
    } catch {
      throw new Over(); // a client that has seen enough makes no handshake
    }
    this.#isSecured = true;
  }

  /** PLAIN with its initial response, or LOGIN. Whoever comes is let in. */
  async #authenticate(line: string): Promise<void> {
    if (line.includes("LOGIN")) {
      await this.#say("334 VXNlcm5hbWU6");
      await this.#line();
      await this.#say("334 UGFzc3dvcmQ6");
      await this.#line();
    }
    await this.#answer(line.includes("LOGIN") ? "AUTH, last challenge" : "AUTH", "235 2.7.0 Welcome");
  }

  async #mail(): Promise<void> {
    const moment = this.#hasHadMessage ? "MAIL of the next message" : "MAIL";
    this.#hasSender = (await this.#answer(moment, "250 2.1.0 OK")) === "accepted";
  }

  async #rcpt(line: string): Promise<void> {
    if (!this.#hasSender) return this.#say("503 5.5.1 No MAIL");
    if (line.includes(STRANGER)) return this.#say("550 5.1.1 Not here");
    const reply = "250 2.1.5 OK";
    if (!line.includes(SECOND)) await this.#say(reply);
    else if ((await this.#answer("RCPT", reply)) !== "accepted") return;
    this.#recipients += 1;
  }

  async #data(): Promise<void> {
    if (this.#recipients === 0) return this.#say("503 5.5.1 No RCPT");
    if ((await this.#answer("DATA", "354 Go ahead")) !== "accepted") return;
    let body = "\r\n"; // the end of DATA's own line, for a message that is but a dot
    for (let scanned = 0; ; scanned = Math.max(0, body.length - 5)) {
      const end = body.indexOf("\r\n.\r\n", scanned);
      if (end >= 0) {
        this.#unread = body.slice(end + 5);
        return this.#takeMessage(
          body
            .slice(0, end + 2)
            .replaceAll("\r\n..", "\r\n.")
            .slice(2),
        );
      }
      const more = await this.#more();
      this.#witness.bodyOctets += more.length;
      body += more;
      if (this.#isDue("body")) await this.#misbehaveInBody("");
    }
  }

  async #bdat(line: string): Promise<void> {
    const [, size = "0", last] = line.split(" ");
    let chunk = "";
    while (chunk.length < Number(size)) {
      const more = await this.#more(Number(size) - chunk.length);
      this.#witness.bodyOctets += more.length;
      chunk += more;
      if (last !== undefined && chunk.length < Number(size) && this.#isDue("body")) await this.#misbehaveInBody("");
    }
    this.#chunks += chunk;
    if (this.#recipients === 0) return this.#say("503 5.5.1 No RCPT");
    if (last !== undefined) return this.#takeMessage(this.#chunks);
    const reply = `250 2.0.0 ${size} octets`;
    if (this.#isDue("body")) await this.#misbehaveInBody(`${reply}\r\n`);
    else await this.#say(reply);
  }

  async #takeMessage(message: string): Promise<void> {
    if ((await this.#answer("final dot", "250 2.0.0 Queued")) === "accepted") this.#witness.accepted.push(message);
    this.#endTransaction();
    if (!this.#isDue("idle")) return;
    await this.#link.heard();
    await this.#misbehave("");
  }

  #endTransaction(): void {
    this.#hasHadMessage = true;
    this.#hasSender = false;
    this.#recipients = 0;
    this.#chunks = "";
  }

  /** The honest reply, or the fault in its place. */
  async #answer(moment: Moment, reply: string): Promise<Aftermath> {
    if (this.#isDue(moment)) return this.#misbehave(`${reply}\r\n`);
    await this.#say(reply);
    return "accepted";
  }

  async #say(reply: string): Promise<void> {
    this.#unsaid += `${reply}\r\n`;
    if (!this.#plan.pipelining || this.#unread === "") await this.#flush();
  }

  /** Replies to a group of commands leave together (RFC 2920 section 3.2). */
  async #flush(): Promise<void> {
    const replies = this.#unsaid;
    this.#unsaid = "";
    if (replies !== "") await this.#link.say(replies);
  }

  #isDue(moment: Moment): boolean {
    return moment === this.#plan.moment && !this.#hasMisbehaved;
  }

  async #misbehave(reply: string): Promise<Aftermath> {
    this.#hasMisbehaved = true;
    this.#witness.meet();
    const released = Promise.race([this.#link.gone, this.#witness.done]);
    await this.#flush();
    const aftermath = await this.#plan.fault.act({ link: this.#link, reply, released, say: (text) => this.#say(text) });
    this.#witness.pass();
    if (aftermath === "over") throw new Over();
    return aftermath;
  }

  /** Whatever was said, the server takes no more of this message, unless it is to be seen that no more comes. */
  async #misbehaveInBody(reply: string): Promise<never> {
    try {
      await this.#misbehave(reply);
    } finally {
      if (this.#plan.fault.column !== "extra") await Promise.race([this.#link.gone, this.#witness.done]);
    }
    throw new Over();
  }

  async #line(): Promise<string> {
    for (;;) {
      const end = this.#unread.indexOf("\r\n");
      if (end >= 0) {
        const line = this.#unread.slice(0, end);
        this.#unread = this.#unread.slice(end + 2);
        return line;
      }
      const more = await this.#take();
      if (more === undefined) throw new Over();
      this.#unread += more;
    }
  }

  /** Some octets, at most so many. */
  async #more(most = Number.POSITIVE_INFINITY): Promise<string> {
    const octets = this.#unread === "" ? await this.#take() : this.#unread;
    if (octets === undefined) throw new Over();
    this.#unread = octets.slice(most);
    return octets.slice(0, most);
  }

  async #take(): Promise<string | undefined> {
    await this.#flush();
    const octets = await this.#link.take();
    if (octets !== undefined && !this.#link.secure) this.#witness.clear += octets;
    return octets;
  }
}
