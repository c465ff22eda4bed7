import { createMailer, isMailError } from "@edgepost/core";
import { dkimSigner } from "@edgepost/core/dkim";
import { nativeTransport } from "@edgepost/transport-node/native";
import { createMessage } from "@upyo/core";
import { SmtpTransport } from "@upyo/smtp";
import { createTransport } from "nodemailer";
import { testCertificates } from "../support/tls.ts";
import { startWorker } from "../support/workerd.ts";
import {
  type ComparedMessage,
  type Contender,
  HURRY_MS,
  type Link,
  RECIPIENTS,
  SENDER,
  type Sent,
} from "./contender.ts";

const { ca } = await testCertificates();
const worker = (name: string) => new URL(`./workers/${name}.ts`, import.meta.url);

/** In the order of the columns. */
export const contenders: readonly Contender[] = [
  { name: "edgepost", specifier: "@edgepost/transport-edge", worker: worker("edgepost"), send: sendByEdgepost },
  { name: "nodemailer", specifier: "nodemailer", worker: worker("nodemailer"), send: sendByNodemailer },
  { name: "worker-mailer", specifier: "worker-mailer", worker: worker("worker-mailer"), send: sendByWorkerMailer },
  { name: "upyo", specifier: "@upyo/smtp", worker: worker("upyo"), send: sendByUpyo },
];

async function sendByEdgepost(link: Link, message: ComparedMessage): Promise<Sent> {
  const { port, login, accessToken, clear, dkimKey } = link;
  const { fromName, to = RECIPIENTS, bcc, subject, filename } = message;
  const auth =
    accessToken === undefined
      ? login && { username: login.username, password: login.password }
      : { username: "ada", accessToken };
  try {
    await using mailer = createMailer({
      transport: nativeTransport({
        host: "localhost",
        port,
        auth,
        ...(clear ? { security: "none" } : { tls: { ca } }),
      }),
      ...(dkimKey && { sign: dkimSigner({ domain: "example.com", selector: "a", privateKey: dkimKey }) }),
    });
    const { rejected } = await mailer.send({
      from: { name: fromName, address: SENDER },
      to,
      bcc,
      subject,
      text: "Hello",
      attachments: filename === undefined ? [] : [{ filename, content: "content" }],
    });
    return { refused: rejected.map(({ address }) => address) };
  } catch (error) {
    return { error: isMailError(error) ? error.code : String(error) };
  }
}

async function sendByNodemailer(link: Link, message: ComparedMessage): Promise<Sent> {
  const { port, login, accessToken, dkimKey } = link;
  const { fromName = "", to = RECIPIENTS, bcc, subject, filename } = message;
  const password = login && { user: login.username, pass: login.password };
  const auth = accessToken === undefined ? password : { type: "OAuth2" as const, user: "ada", accessToken };
  const options = { host: "localhost", port, auth, tls: { ca } };
  const transporter = createTransport(options);
  try {
    const { rejected } = await transporter.sendMail({
      from: { name: fromName, address: SENDER },
      to: [...to],
      bcc,
      subject,
      text: "Hello",
      attachments: filename === undefined ? [] : [{ filename, content: "content" }],
      ...(dkimKey && { dkim: { domainName: "example.com", keySelector: "a", privateKey: dkimKey } }),
    });
    return { refused: rejected };
  } catch (error) {
    return { error: String(error) };
  } finally {
    transporter.close();
  }
}

/** It has no code for Node. */
async function sendByWorkerMailer(link: Link, message: ComparedMessage): Promise<Sent> {
  const { port, login, clear, hurry } = link;
  await using running = await startWorker(worker("worker-mailer"));
  const security = clear ? "none" : "starttls";
  const asking = running.ask<Sent>("/", { host: "localhost", port, security, login, hurry, message });
  if (!hurry) return await asking;
  asking.catch(() => {}); // its Worker will be taken away from under it
  return await Promise.race([asking, new Promise<Sent>((give) => setTimeout(give, PATIENCE_MS, { error: NO_ANSWER }))]);
}

/** Far more than a library in a hurry allows itself. */
const PATIENCE_MS = 3 * HURRY_MS;

export const NO_ANSWER = "no answer";

async function sendByUpyo(link: Link, message: ComparedMessage): Promise<Sent> {
  const { port, login, dkimKey, hurry } = link;
  const { fromName, to = RECIPIENTS, bcc, subject = "Hello", filename } = message;
  const transport = new SmtpTransport({
    host: "localhost",
    port,
    secure: false,
    tls: { ca: [ca] },
    pool: false,
    ...(hurry && { socketTimeout: HURRY_MS }),
    ...(login && { auth: { user: login.username, pass: login.password, method: login.method as "plain" } }),
    ...(dkimKey && { dkim: { signatures: [{ signingDomain: "example.com", selector: "a", privateKey: dkimKey }] } }),
  });
  try {
    const receipt = await transport.send(
      createMessage({
        from: { address: SENDER, ...(fromName && { name: fromName }) },
        to: to.map((address) => ({ address: address as `${string}@${string}` })),
        ...(bcc && { bcc }),
        subject,
        content: { text: "Hello" },
        ...(filename && { attachments: [new File(["content"], filename)] }),
      }),
    );
    return receipt.successful ? {} : { error: receipt.errorMessages.join() };
  } catch (error) {
    return { error: String(error) };
  } finally {
    await transport.closeAllConnections();
  }
}
