import type { ParsedConnection, SmtpConnection } from "../connection.ts";
import type { Fields } from "../util/fields.ts";
import { parseHost } from "./host.ts";

const HIGHEST_PORT = 65_535;

/** Where to connect and how TLS begins. Port and security decide each other: implicit TLS has its own port (RFC 8314). */
export function parseLink(fields: Fields<SmtpConnection>): Pick<ParsedConnection, "host" | "port" | "security"> {
  const host = parseServerHost(fields);
  const choices = ["auto", "implicit", "starttls", "opportunistic", "none"] as const;
  const security = fields.choice("security", choices, "auto");
  const port = fields.count("port", security === "implicit" ? 465 : 587, HIGHEST_PORT);
  const allowPort25 = fields.flag("allowPort25", false);
  if (port === 25 && !allowPort25) {
    fields.refuse(
      "port",
      "25 is for mail between servers: use 587 or 465, or set allowPort25 if your server takes mail there",
    );
  }
  if (port === 465 && security !== "auto" && security !== "implicit") {
    fields.refuse("security", `"${security}" does not fit port 465, where TLS starts at once: use "auto", or port 587`);
  }
  if (security !== "auto") return { host, port, security };
  return { host, port, security: port === 465 ? "implicit" : "starttls" };
}

function parseServerHost(fields: Fields<SmtpConnection>): string {
  const value = fields.raw("host");
  if (value === undefined) {
    fields.refuse("host", "is missing: the name or address of your SMTP server");
    return "";
  }
  const parsed = typeof value === "string" ? parseHost(value) : { fault: "must be a string" };
  if ("host" in parsed) return parsed.host;
  fields.refuse("host", parsed.fault);
  return "";
}
