import * as z from "zod";
import { messageDefaultsSchema } from "../message/schema.ts";

const milliseconds = z.int().min(1);
const count = z.int().min(1);

const methods = z
  .array(z.enum(["SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN", "LOGIN", "CRAM-MD5", "XOAUTH2", "OAUTHBEARER"]))
  .optional()
  .describe("Narrows the choice. Default: the strongest the server offers.");

const auth = z.union(
  [
    z.strictObject({ username: z.string(), password: z.string(), methods }),
    z.strictObject({ username: z.string(), accessToken: z.string(), methods }),
  ],
  { error: "must be { username, password } or { username, accessToken }, with `methods` if you like" },
);

const tls = z.strictObject({
  rejectUnauthorized: z.boolean().optional().describe("`false` accepts any certificate. Default: true."),
  serverName: z.string().optional().describe("Default: the host."),
  ca: z
    .union([z.string(), z.array(z.string())], { error: "must be PEM text or a list of them" })
    .optional()
    .describe("PEM certificates to trust instead of the system's."),
  cert: z.string().optional().describe("PEM client certificate; needs `key`."),
  key: z.string().optional().describe("PEM private key; needs `cert`."),
  minVersion: z.enum(["TLSv1.2", "TLSv1.3"]).optional(),
});

const timeouts = z
  .strictObject({
    connectMs: milliseconds.optional().describe("Default: 10 s."),
    replyMs: milliseconds.optional().describe("Default: 30 s."),
    progressMs: milliseconds.optional().describe("Default: 60 s."),
    finalMs: milliseconds.optional().describe("Default: 10 min."),
    totalMs: milliseconds.optional().describe("Default: 15 min."),
  })
  .describe("In milliseconds.");

const pool = z.strictObject({
  maxConnections: count.optional().describe("Default: 5."),
  maxMessages: count.optional().describe("Per connection. Default: 100."),
  idleMs: milliseconds.optional().describe("Default: 30 s."),
  rate: z.strictObject({ messages: count, perMs: milliseconds }).optional(),
});

/**
 * The JSON form of an `SmtpConnection`: strict, so unknown fields are issues. It checks shapes alone; defaults and
 * conflicts are the business of `parseConnection`.
 *
 * @example
 * const connection = parseConnection(connectionSchema.parse(JSON.parse(body)));
 */
export const connectionSchema = z
  .strictObject({
    host: z.string().describe("Name, IPv4 or IPv6 literal."),
    port: z.int().min(1).max(65_535).optional().describe("Default: 587; 465 with implicit TLS."),
    allowPort25: z.boolean().optional(),
    security: z
      .enum(["auto", "implicit", "starttls", "opportunistic", "none"])
      .optional()
      .describe("Default: `auto`, which is implicit TLS on 465 and required STARTTLS elsewhere."),
    tls: tls.optional(),
    auth: auth.optional(),
    allowClearText: z.boolean().optional().describe("Lets credentials leave over a link without TLS."),
    clientName: z.string().optional().describe("The name in EHLO."),
    defaults: messageDefaultsSchema.optional().describe("For fields a message leaves out."),
    timeouts: timeouts.optional(),
    pool: pool.optional(),
  })
  .meta({ id: "Connection", title: "Connection" });
