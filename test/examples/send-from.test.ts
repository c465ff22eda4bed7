import { simpleParser } from "mailparser";
import { expect, test } from "vitest";
import { openExample } from "./example.ts";

// The examples that are one program each: run as their READMEs say, and what arrived is read back.

test("node-send brings both recipients the text, the HTML and the file", async () => {
  const { inbox, run } = await openExample("node-send");
  expect(await run("node send.ts")).toBe("accepted  ada@example.com\naccepted  grace@example.com");
  const [mail] = inbox.received;
  expect(mail).toMatchObject({
    envelope: { from: "billing@acme.com", to: ["ada@example.com", "grace@example.com"] },
    secure: true,
    username: "ada",
  });
  const parsed = await simpleParser(Buffer.from(mail?.raw ?? []));
  expect(parsed).toMatchObject({ subject: "Your invoice №7", text: expect.stringContaining("is attached.") });
  expect(parsed.attachments).toMatchObject([{ filename: "invoice.txt", contentType: "text/plain" }]);
  expect(parsed.attachments[0]?.content.toString()).toBe("Invoice 7: one pencil, 1.20 €\n");
});

test("node-send says in one line what is wrong", async () => {
  const { run, smtpUrl } = await openExample("node-send");
  const SMTP_URL = smtpUrl.replace("canary-of-an-example", "wrong");
  await expect(run("node send.ts", { SMTP_URL })).rejects.toThrow(/auth-failed: /);
});

test("deno-send sends by the permissions its README gives", async () => {
  const { inbox, run } = await openExample("deno-send");
  const printed = await run("deno run --allow-net --allow-env=SMTP_URL send.ts");
  expect(printed).toBe("250 ada@example.com");
  expect(inbox.received[0]?.text).toContain("Subject: Hello from Deno\r\n");
});

test("bun-send sends", async () => {
  const { inbox, run } = await openExample("bun-send");
  expect(await run("bun send.ts")).toBe("250 ada@example.com");
  expect(inbox.received[0]?.text).toContain("Subject: Hello from Bun\r\n");
});
