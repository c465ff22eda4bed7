import type { AddressInfo } from "node:net";
import { createAdaptorServer } from "@hono/node-server";
import { Hono } from "hono";
import { html, raw } from "hono/html";
import type { Inbox, InboxMail } from "./inbox.ts";

/**
 * The inbox as web pages, for a browser on this machine. A mail is whatever a stranger wrote: its HTML is shown in a
 * sandboxed frame under a policy that runs no script and loads nothing from anywhere.
 */
export function inboxPages(inbox: Inbox): Hono {
  const find = (number: string) => inbox.mails.find((mail) => String(mail.number) === number);

  return new Hono()
    .use(async (c, next) => {
      // Another site can point a name of its own at 127.0.0.1 and read along (DNS rebinding), but not under our name.
      if (!/^(127\.0\.0\.1|localhost)(:\d+)?$/.test(c.req.header("host") ?? "")) return c.text("Wrong host", 421);
      await next();
      for (const [name, value] of Object.entries(SECURITY_HEADERS)) {
        if (!c.res.headers.has(name)) c.res.headers.set(name, value);
      }
      return undefined;
    })
    .get("/", (c) => c.html(page("Inbox", list(inbox))))
    .get("/mails/:number", (c) => {
      const mail = find(c.req.param("number"));
      return mail === undefined ? c.notFound() : c.html(page(mail.parsed.subject ?? "(no subject)", view(mail)));
    })
    .get("/mails/:number/html", (c) => {
      const body = find(c.req.param("number"))?.parsed.html;
      return typeof body === "string" ? c.html(body, 200, { "content-security-policy": FRAME_POLICY }) : c.notFound();
    })
    .get("/mails/:number/source", (c) => {
      const mail = find(c.req.param("number"));
      return mail === undefined ? c.notFound() : c.text(mail.raw.toString("latin1"));
    })
    .get("/mails/:number/attachments/:index", (c) => {
      const attachment = find(c.req.param("number"))?.parsed.attachments[Number(c.req.param("index"))];
      if (attachment === undefined) return c.notFound();
      return c.body(new Uint8Array(attachment.content), 200, {
        "content-type": "application/octet-stream",
        "content-disposition": `attachment; filename*=UTF-8''${encodeURIComponent(attachment.filename ?? "attachment")}`,
      });
    });
}

/** Serves the pages on loopback, on a port the system chose. */
export function serveInboxPages(inbox: Inbox): Promise<{ url: string; close(): Promise<void> }> {
  const server = createAdaptorServer({ fetch: inboxPages(inbox).fetch });
  const close = () => new Promise<void>((resolve) => server.close(() => resolve()));
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      resolve({ url: `http://127.0.0.1:${port}`, close });
    });
  });
}

const SECURITY_HEADERS = {
  "cache-control": "no-store",
  "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'; frame-ancestors 'none'",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
};

/** For the frame with the mail's own HTML: `data:` images are its inline parts, put there by the parser. */
const FRAME_POLICY = "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'; frame-ancestors 'self'";

type Html = ReturnType<typeof html>;

function list({ connection, mails }: Inbox): Html {
  const rows = mails.toReversed().map(
    ({ number, arrived, envelope, parsed }) => html`<tr>
      <td>${arrived.toISOString()}</td>
      <td>${envelope.from}</td>
      <td>${envelope.to.join(", ")}</td>
      <td><a href="/mails/${number}">${parsed.subject ?? "(no subject)"}</a></td>
    </tr>`,
  );
  return html`<meta http-equiv="refresh" content="3">
    <p>SMTP on ${connection.host}:${connection.port}, STARTTLS and a login required. ${mails.length} mails.</p>
    <table><tr><th>Arrived</th><th>From</th><th>To</th><th>Subject</th></tr>${rows}</table>`;
}

function view({ number, envelope, session, raw: source, parsed }: InboxMail): Html {
  const attachments = parsed.attachments.map(
    ({ filename, contentType, content }, index) => html`<li>
      <a href="/mails/${number}/attachments/${index}">${filename ?? "(no name)"}</a>, ${contentType}, ${content.length} octets
    </li>`,
  );
  const frame = html`<h2>HTML</h2>
    <iframe sandbox src="/mails/${number}/html" title="HTML of the mail"></iframe>`;
  return html`<p><a href="/">Inbox</a> · <a href="/mails/${number}/source">source</a>, ${source.length} octets, ${session.tls}</p>
    <p>Envelope: ${envelope.from} → ${envelope.to.join(", ")}</p>
    <pre>${parsed.headerLines.map(({ line }) => line).join("\n")}</pre>
    <h2>Text</h2>
    <pre>${parsed.text ?? "(none)"}</pre>
    ${parsed.html === false ? "" : frame}
    <h2>Attachments</h2>
    <ul>${attachments}</ul>`;
}

function page(title: string, content: Html): Html {
  return html`<!doctype html>
    <html lang="en">
      <meta charset="utf-8">
      <title>${title}</title>
      <style>${raw(STYLE)}</style>
      <h1>${title}</h1>
      ${content}
    </html>`;
}

const STYLE = `
  body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
  table { width: 100%; border-collapse: collapse; }
  th, td { text-align: left; padding: .3rem .6rem .3rem 0; border-bottom: 1px solid #ddd; overflow-wrap: anywhere; }
  pre { white-space: pre-wrap; overflow-wrap: anywhere; background: #f6f6f6; padding: .8rem; }
  iframe { width: 100%; height: 24rem; border: 1px solid #ddd; }
`;
