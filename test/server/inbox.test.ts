import { createTransport, type SendMailOptions } from "nodemailer";
import { describe, expect, onTestFinished, test } from "vitest";
import { type Inbox, openInbox } from "../../packages/server/dev/inbox.ts";
import { showMail } from "../../packages/server/dev/terminal.ts";
import { inboxPages } from "../../packages/server/dev/web.ts";

async function testInbox(): Promise<Inbox> {
  const inbox = await openInbox();
  onTestFinished(() => inbox.close());
  return inbox;
}

/** Sends with a client we did not write. */
async function deliver(
  inbox: Inbox,
  mail: SendMailOptions,
  auth: { user: string; pass: string } | null = login(inbox),
) {
  const { host, port, tls } = inbox.connection;
  const client = createTransport({
    host,
    port,
    requireTLS: auth !== null,
    ignoreTLS: auth === null,
    ...(auth !== null && { auth }),
    tls: { ca: String(tls?.ca), servername: "localhost" },
  });
  await client.sendMail({ from: "a@example.com", to: "b@example.com", ...mail });
}

function login(inbox: Inbox): { user: string; pass: string } {
  const auth = inbox.connection.auth;
  return { user: auth?.username ?? "", pass: auth?.password ?? "" };
}

test("keeps what it receives as an independent parser reads it", async () => {
  const inbox = await testInbox();
  const next = inbox.next();
  await deliver(inbox, {
    subject: "Grüße",
    text: "Hello",
    bcc: "c@example.com",
    attachments: [{ filename: "a.txt", content: "A" }],
  });
  const mail = await next;

  expect(mail).toMatchObject({
    number: 1,
    envelope: { from: "a@example.com", to: ["b@example.com", "c@example.com"] },
    session: { tls: expect.stringMatching(/^TLSv1\.[23]$/), username: "inbox" },
    parsed: { subject: "Grüße" },
  });
  expect(inbox.mails).toEqual([mail]);
});

test("takes nothing without TLS, without login or with a wrong one", async () => {
  const inbox = await testInbox();
  await expect(deliver(inbox, {}, null)).rejects.toMatchObject({ responseCode: 530 });
  await expect(deliver(inbox, {}, { user: "inbox", pass: "wrong-canary" })).rejects.toMatchObject({
    responseCode: 535,
  });
  expect(inbox.mails).toEqual([]);
});

test("shows a mail in the terminal, without letting it move the cursor", async () => {
  const inbox = await testInbox();
  await deliver(inbox, {
    subject: "Hi",
    text: "bell \x07 and \x1b[2J",
    attachments: [{ filename: "a.txt", content: "A" }],
  });
  const shown = inbox.mails.map(showMail).join("\n");

  expect(shown).toContain("<a@example.com> -> <b@example.com>");
  expect(shown).toContain("Subject: Hi");
  expect(shown).toContain("a.txt, text/plain, 1 octets\n");
  expect(shown).toContain("559aead08264d5795d3909718cdd05abd49572e84fe55590eef31a88a08fdffd");
  expect(shown).not.toMatch(/[\x00-\x09\x0b-\x1f]/);
});

describe("the pages", () => {
  const EVIL = '<script>alert(1)</script><img src="https://tracker.example/p.gif" onerror="alert(1)">';

  async function testPages() {
    const inbox = await testInbox();
    await deliver(inbox, {
      from: { name: EVIL, address: "a@example.com" },
      subject: EVIL,
      text: EVIL,
      html: `<p>Hello</p>${EVIL}`,
      attachments: [{ filename: 'a"\u202e.html', content: EVIL }],
    });
    const pages = inboxPages(inbox);
    return (path: string, host = "127.0.0.1:1") => pages.request(path, { headers: { host } });
  }

  test("list and show mails, with everything a stranger wrote escaped", async () => {
    const get = await testPages();
    for (const path of ["/", "/mails/1"]) {
      const response = await get(path);
      const body = await response.text();
      expect(response.status).toBe(200);
      expect(body).toContain("&lt;script&gt;");
      expect(body).not.toContain("<script");
      expect(body).not.toContain("<img");
      expect(response.headers.get("content-security-policy")).toContain("default-src 'none'");
    }
  });

  test("show HTML only in a sandboxed frame that runs and loads nothing", async () => {
    const get = await testPages();
    expect(await (await get("/mails/1")).text()).toMatch(/<iframe sandbox src="\/mails\/1\/html"/);
    const policy = (await get("/mails/1/html")).headers.get("content-security-policy");
    expect(policy).toBe(
      "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'; frame-ancestors 'self'",
    );
  });

  test("hand out attachments and source as files, never as pages", async () => {
    const get = await testPages();
    const attachment = await get("/mails/1/attachments/0");
    expect(attachment.headers.get("content-type")).toBe("application/octet-stream");
    expect(attachment.headers.get("content-disposition")).toBe("attachment; filename*=UTF-8''a%22%E2%80%AE.html");
    expect(attachment.headers.get("x-content-type-options")).toBe("nosniff");
    expect(await attachment.text()).toBe(EVIL);
    expect((await get("/mails/1/source")).headers.get("content-type")).toMatch(/^text\/plain/);
  });

  test("know nothing of mails that never came", async () => {
    const get = await testPages();
    for (const path of ["/mails/2", "/mails/x", "/mails/2/html", "/mails/1/attachments/1", "/mails/2/source"]) {
      expect((await get(path)).status).toBe(404);
    }
  });

  test("answer under their own name only", async () => {
    const get = await testPages();
    expect((await get("/", "rebound.example:80")).status).toBe(421);
  });
});
