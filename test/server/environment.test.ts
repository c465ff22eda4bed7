import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { EnvironmentError, readEnvironment } from "../../packages/server/src/environment.ts";
import { DEFAULT_QUEUE_LIMITS } from "../../packages/server/src/queue/limits.ts";

const KEY = "0123456789abcdef0123456789abcdef";

const DEFAULTS = {
  host: "127.0.0.1",
  port: 8025,
  dataPath: "edgepost-data",
  apiKey: undefined,
  encryptionKeys: undefined,
  connections: {},
  allowHosts: [],
  webhookHosts: [],
  alertTo: [],
  allowPorts: undefined,
  resolver: "https://cloudflare-dns.com/dns-query",
  shutdownMs: 30_000,
  server: {
    console: true,
    corsOrigins: undefined,
    rateLimit: undefined,
    retentionMs: 30 * 86_400_000,
    keepContent: false,
    keepTranscripts: false,
    outboxLimits: DEFAULT_QUEUE_LIMITS,
  },
};

test("nothing has to be set", () => {
  expect(readEnvironment({})).toEqual(DEFAULTS);
});

test("everything can be set, and other programs' variables are nobody's business", () => {
  const environment = readEnvironment({
    EDGEPOST_API_KEY: KEY,
    EDGEPOST_HOST: "::",
    EDGEPOST_PORT: "0",
    EDGEPOST_DATA: "/var/lib/edgepost",
    EDGEPOST_DATABASE: "postgres://edgepost@db.internal/edgepost",
    EDGEPOST_ENCRYPTION_KEYS: `${"A".repeat(43)}=, ${"B".repeat(42)}A=`,
    EDGEPOST_SHUTDOWN_MS: "0",
    EDGEPOST_CONNECTIONS: '{"main":"smtps://mail.example.com","team/alerts":{"host":"mail.example.org"}}',
    EDGEPOST_ALLOW_HOSTS: "mail.internal, 10.0.0.0/8, fd00::/8",
    EDGEPOST_WEBHOOK_HOSTS: "hooks.internal, 10.2.0.0/16",
    EDGEPOST_ALERT_TO: "ops@example.com, ada@example.com",
    EDGEPOST_ALLOW_PORTS: "25, 587",
    EDGEPOST_RESOLVER: "https://dns.acme.com/query",
    EDGEPOST_CORS_ORIGINS: "https://app.example.com,http://localhost:3000",
    EDGEPOST_RATE_LIMIT: "100/60s",
    EDGEPOST_RETENTION_DAYS: "7",
    EDGEPOST_KEEP_CONTENT: "true",
    EDGEPOST_KEEP_TRANSCRIPTS: "true",
    EDGEPOST_CONSOLE: "false",
    EDGEPOST_INBOX_URL: "http://127.0.0.1:8026",
    EDGEPOST_QUEUE_MAX_AGE_MS: "3600000",
    EDGEPOST_QUEUE_MAX_WAITING: "1000",
    EDGEPOST_QUEUE_FIRST_DELAY_MS: "1",
    EDGEPOST_QUEUE_LONGEST_DELAY_MS: "2",
    EDGEPOST_QUEUE_FAULTS_TO_PAUSE: "4",
    EDGEPOST_QUEUE_FIRST_PAUSE_MS: "5",
    EDGEPOST_QUEUE_LONGEST_PAUSE_MS: "6",
    EDGEPOST_QUEUE_MAX_INTERRUPTIONS: "7",
    PATH: "/bin",
    PORT: "nonsense",
  });
  expect(environment).toEqual({
    host: "::",
    port: 0,
    dataPath: "/var/lib/edgepost",
    database: "postgres://edgepost@db.internal/edgepost",
    apiKey: KEY,
    encryptionKeys: [`${"A".repeat(43)}=`, `${"B".repeat(42)}A=`],
    connections: { main: "smtps://mail.example.com", "team/alerts": { host: "mail.example.org" } },
    allowHosts: ["mail.internal", "10.0.0.0/8", "fd00::/8"],
    allowPorts: [25, 587],
    webhookHosts: ["hooks.internal", "10.2.0.0/16"],
    alertTo: ["ops@example.com", "ada@example.com"],
    resolver: "https://dns.acme.com/query",
    shutdownMs: 0,
    server: {
      console: false,
      inboxUrl: "http://127.0.0.1:8026",
      corsOrigins: ["https://app.example.com", "http://localhost:3000"],
      rateLimit: { requests: 100, perMs: 60_000 },
      retentionMs: 7 * 86_400_000,
      keepContent: true,
      keepTranscripts: true,
      outboxLimits: {
        maxAgeMs: 3_600_000,
        maxWaiting: 1_000,
        firstDelayMs: 1,
        longestDelayMs: 2,
        faultsToPause: 4,
        firstPauseMs: 5,
        longestPauseMs: 6,
        maxInterruptions: 7,
      },
    },
  });
});

test("a variable that is set to nothing is not set", () => {
  expect(readEnvironment({ EDGEPOST_API_KEY: KEY, EDGEPOST_PORT: "", EDGEPOST_CONNECTIONS: "" }).port).toBe(8025);
});

test("who asks this endpoint by the examples can start another one in the same shell", () => {
  expect(readEnvironment({ EDGEPOST_URL: "http://127.0.0.1:8025" })).toEqual(DEFAULTS);
});

describe("a bad variable stops the start with its name and what is expected", () => {
  test.each([
    ["EDGEPOST_API_KEY", "short", /32 to 256/],
    ["EDGEPOST_API_KEY", `${KEY} with spaces in it`, /32 to 256/],
    ["EDGEPOST_DATABASE", "mysql://canary-host/edgepost", /the URL of a Postgres/],
    ["EDGEPOST_PORT", "http", /a whole number from 0/],
    ["EDGEPOST_PORT", "65536", /a whole number from 0/],
    ["EDGEPOST_PORT", "-1", /a whole number from 0/],
    ["EDGEPOST_PORT", "80.5", /a whole number from 0/],
    ["EDGEPOST_SHUTDOWN_MS", "30s", /milliseconds/],
    ["EDGEPOST_SHUTDOWN_MS", "3600001", /milliseconds/],
    ["EDGEPOST_CONNECTIONS", "smtp://mail.example.com", /JSON object/],
    ["EDGEPOST_CONNECTIONS", "[]", /expected record/],
    ["EDGEPOST_CONNECTIONS.main", '{"main":"http://mail.example.com"}', /smtp/],
    ["EDGEPOST_CONNECTIONS.main.port", '{"main":{"host":"mail.example.com","port":25}}', /allowPort25/],
    ["EDGEPOST_ENCRYPTION_KEYS", "canary2", /32 octets in base64/],
    ["EDGEPOST_ENCRYPTION_KEYS", `${"A".repeat(43)}=,short`, /32 octets in base64/],
    ["EDGEPOST_ALLOW_HOSTS", "a b", /comma-separated/],
    ["EDGEPOST_WEBHOOK_HOSTS", "a b", /comma-separated/],
    ["EDGEPOST_ALERT_TO", "ops", /addresses, comma-separated/],
    ["EDGEPOST_ALLOW_PORTS", "587,0", /ports from 1 to 65535/],
    ["EDGEPOST_RESOLVER", "1.1.1.1", /an https URL/],
    ["EDGEPOST_RESOLVER", "http://resolver.example.com/", /an https URL/],
    ["EDGEPOST_CORS_ORIGINS", "*", /origins such as/],
    ["EDGEPOST_CORS_ORIGINS", "https://app.example.com/", /origins such as/],
    ["EDGEPOST_RATE_LIMIT", "100", /100\/60s/],
    ["EDGEPOST_RATE_LIMIT", "0/60s", /100\/60s/],
    ["EDGEPOST_RETENTION_DAYS", "forever", /must be days/],
    ["EDGEPOST_KEEP_CONTENT", "yes", /true or false/],
    ["EDGEPOST_CONNECTIONS.main.delivery.maxAgeMs", '{"main":{"host":"a.example","delivery":{"maxAgeMs":1}}}', /60000/],
    ["EDGEPOST_CONNECTIONS.main.delivery.quota", '{"main":{"host":"a.example","delivery":{"quota":1}}}', /not a known/],
    ["EDGEPOST_QUEUE_MAX_AGE_MS", "1d", /milliseconds: a whole number from 1 to 2592000000/],
    ["EDGEPOST_QUEUE_MAX_AGE_MS", "2592000001", /milliseconds/],
    ["EDGEPOST_QUEUE_MAX_WAITING", "0", /messages: a whole number from 1/],
    ["EDGEPOST_CONSOLE", "no", /true or false/],
    ["EDGEPOST_INBOX_URL", "javascript:alert(1)", /an http URL/],
    ["EDGEPOST_PROT", "80", /is not a setting; known are .*EDGEPOST_PORT/],
  ])("%s=%s", (name, value, expected) => {
    const variables = { EDGEPOST_API_KEY: KEY, [name.split(".")[0] ?? ""]: value };
    const message = failure(variables);
    expect(message).toContain(`  ${name} `);
    expect(message).toMatch(expected);
  });
});

test("all of them are named at once", () => {
  const message = failure({ EDGEPOST_API_KEY: "w", EDGEPOST_PORT: "x", EDGEPOST_SHUTDOWN_MS: "y", EDGEPOST_TYPO: "z" });
  for (const name of ["EDGEPOST_API_KEY", "EDGEPOST_PORT", "EDGEPOST_SHUTDOWN_MS", "EDGEPOST_TYPO"]) {
    expect(message).toContain(name);
  }
});

test("no secret is repeated", () => {
  const message = failure({
    EDGEPOST_API_KEY: "canary2 with a space, too long to be short",
    EDGEPOST_CONNECTIONS: '{"main":"smtp://user:canary2@mail.example.com:25"}',
    EDGEPOST_ENCRYPTION_KEYS: "canary2,canary2",
    EDGEPOST_PASSWORD: "canary2",
  });
  expect(message).not.toContain("canary2");
});

test("nor when the JSON around it is broken", () => {
  expect(failure({ EDGEPOST_API_KEY: KEY, EDGEPOST_CONNECTIONS: '{"main":"smtp://user:canary2@mail' })).not.toContain(
    "canary2",
  );
});

test("the README has every variable, and no other", () => {
  const readme = readFileSync(new URL("../../packages/server/README.md", import.meta.url), "utf8");
  const told = [...readme.matchAll(/^\| `(EDGEPOST_\w+)`/gm)].map(([, name]) => name);
  const [, known = ""] = /known are (.*)$/m.exec(failure({ EDGEPOST_TYPO: "x" })) ?? [];
  expect(told.toSorted()).toEqual(known.split(", ").toSorted());
});

function failure(variables: Record<string, string | undefined>): string {
  try {
    readEnvironment(variables);
  } catch (error) {
    expect(error).toBeInstanceOf(EnvironmentError);
    return (error as EnvironmentError).message;
  }
  return expect.unreachable("it was accepted");
}
