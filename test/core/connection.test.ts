import type { Issue, ParsedConnection, SmtpConnection } from "@edgepost/core";
import { isMailError, parseConnection } from "@edgepost/core";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

const CERTIFICATE = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
const KEY = "-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n";
const host = "mail.example";
const auth = { username: "ada", password: "canary-word" };

/** The issues of an input that is refused; fails the test when it is taken. */
function issuesOf(input: unknown): readonly Issue[] {
  try {
    parseConnection(input as SmtpConnection);
  } catch (error) {
    if (!isMailError(error)) throw error;
    expect(error).toMatchObject({ code: "invalid-connection", phase: "input", retryable: false });
    for (const { path, message } of error.issues ?? []) {
      expect(error.message).toContain(path);
      expect(error.message).toContain(message);
    }
    return error.issues ?? [];
  }
  throw new Error("parseConnection took it");
}

describe("parseConnection", () => {
  it("fills in every default", () => {
    expect(parseConnection({ host })).toEqual({
      host,
      port: 587,
      security: "starttls",
      tls: { rejectUnauthorized: true, minVersion: "TLSv1.2" },
      allowClearText: false,
      defaults: {},
      timeouts: { connectMs: 10_000, replyMs: 30_000, progressMs: 60_000, finalMs: 600_000, totalMs: 900_000 },
      pool: { maxConnections: 5, maxMessages: 100, idleMs: 30_000 },
    } satisfies ParsedConnection);
  });

  it("keeps everything that was given", () => {
    const given = {
      host,
      port: 2525,
      security: "starttls",
      tls: {
        rejectUnauthorized: false,
        serverName: "Other.Example",
        ca: [CERTIFICATE],
        cert: CERTIFICATE,
        key: KEY,
        minVersion: "TLSv1.3",
      },
      auth: { ...auth, methods: ["PLAIN", "SCRAM-SHA-256"] },
      clientName: "client.example",
      defaults: { from: "Ada <ada@mail.example>", to: ["a@b.example"], headers: { "X-Team": "billing" } },
      timeouts: { connectMs: 1, replyMs: 2, progressMs: 3, finalMs: 4, totalMs: 5 },
      pool: { maxConnections: 6, maxMessages: 7, idleMs: 8, rate: { messages: 9, perMs: 10 } },
    } satisfies SmtpConnection;
    expect(parseConnection(given)).toEqual({
      ...given,
      tls: { ...given.tls, serverName: "other.example" },
      auth: { ...auth, methods: ["SCRAM-SHA-256", "PLAIN"] },
      allowClearText: false,
    });
  });

  it("takes frozen input and changes nothing in it", () => {
    const given = Object.freeze({
      host: "MAIL.example",
      pool: Object.freeze({ rate: Object.freeze({ messages: 1, perMs: 1 }) }),
    });
    expect(parseConnection(given).host).toBe(host);
    expect(given.host).toBe("MAIL.example");
  });

  it("reads every getter once and nothing a prototype offers", () => {
    let reads = 0;
    const given = Object.create(
      { port: 25 },
      {
        host: {
          enumerable: true,
          get() {
            reads++;
            return host;
          },
        },
      },
    );
    expect(parseConnection(given).port).toBe(587);
    expect(reads).toBe(1);
  });

  it("treats undefined as left out", () => {
    expect(parseConnection({ host, port: undefined, auth: undefined, tls: undefined })).toEqual(
      parseConnection({ host }),
    );
  });

  it("accepts a token function", () => {
    const accessToken = async () => "token";
    expect(parseConnection({ host, auth: { username: "ada", accessToken } }).auth).toEqual({
      username: "ada",
      accessToken,
    });
  });

  it.each<[Partial<SmtpConnection>, ParsedConnection["port"], ParsedConnection["security"]]>([
    [{}, 587, "starttls"],
    [{ port: 465 }, 465, "implicit"],
    [{ port: 2525 }, 2525, "starttls"],
    [{ security: "implicit" }, 465, "implicit"],
    [{ security: "implicit", port: 587 }, 587, "implicit"],
    [{ security: "starttls" }, 587, "starttls"],
    [{ security: "opportunistic" }, 587, "opportunistic"],
    [{ security: "none" }, 587, "none"],
    [{ port: 25, allowPort25: true }, 25, "starttls"],
    [{ allowPort25: true }, 587, "starttls"],
  ])("resolves %o to port %i and %s", (given, port, security) => {
    expect(parseConnection({ host, ...given })).toMatchObject({ port, security });
  });

  it("lets credentials leave in clear text when asked to by name", () => {
    expect(parseConnection({ host, security: "none", auth, allowClearText: true }).allowClearText).toBe(true);
  });

  it.each([
    ["MAIL.Example", "mail.example"],
    ["mail.example.", "mail.example"],
    ["localhost", "localhost"],
    ["mail_server", "mail_server"],
    ["bücher.example", "xn--bcher-kva.example"],
    ["faß.example", "xn--fa-hia.example"],
    ["ｍａｉｌ。example", "mail.example"],
    ["192.0.2.1", "192.0.2.1"],
    ["2001:DB8:0::1", "2001:db8::1"],
    ["[2001:db8::1]", "2001:db8::1"],
    ["::ffff:192.0.2.1", "::ffff:c000:201"],
  ])("reads the host %s as %s", (written, read) => {
    expect(parseConnection({ host: written }).host).toBe(read);
  });

  it.each([
    ["client.example", "client.example"],
    ["[127.0.0.1]", "[127.0.0.1]"],
    ["[IPv6:2001:DB8::1]", "[IPv6:2001:db8::1]"],
    ["bücher.example", "xn--bcher-kva.example"],
  ])("reads the client name %s as %s", (written, read) => {
    expect(parseConnection({ host, clientName: written }).clientName).toBe(read);
  });

  it.each<[string, unknown, string, RegExp]>([
    ["nothing", undefined, "", /object/],
    ["null", null, "", /object/],
    ["a list", [], "", /object/],
    ["a number", 587, "", /object/],
    ["no host", {}, "host", /missing/],
    ["an empty host", { host: "" }, "host", /empty/],
    ["a host that is no string", { host: 1 }, "host", /string/],
    ["a host with a port", { host: "mail.example:587" }, "host", /"port"/],
    ["an IPv6 host with a port", { host: "[::1]:587" }, "host", /"port"/],
    ["a host that is a URL", { host: "smtp://mail.example" }, "host", /URL/],
    ["a host with a path", { host: "mail.example/x" }, "host", /alone/],
    ["a host with a user", { host: "ada@mail.example" }, "host", /alone/],
    ["a host that is percent-encoded", { host: "mail%2eexample" }, "host", /alone/],
    ["a host with CR LF", { host: "mail.example\r\nRCPT" }, "host", /white space or control/],
    ["a host with NUL", { host: "mail.example\0" }, "host", /white space or control/],
    ["a host with a space", { host: " mail.example" }, "host", /white space or control/],
    ["a host with no-break space", { host: "mail\u00a0example" }, "host", /white space or control/],
    ["a host with an empty label", { host: "mail..example" }, "host", /not a host name/],
    ["a host of a too long label", { host: `${"a".repeat(64)}.example` }, "host", /not a host name/],
    ["a host that is too long", { host: "a.".repeat(130) }, "host", /not a host name/],
    ["a host of punctuation", { host: "mail;example" }, "host", /not a host name/],
    ["a host with a hyphen in front", { host: "-mail.example" }, "host", /not a host name/],
    ["a short form of an address", { host: "127.1" }, "host", /ambiguous.*127\.0\.0\.1/],
    ["an address in hexadecimal", { host: "0x7f.1" }, "host", /ambiguous/],
    ["an address as a number", { host: "2130706433" }, "host", /ambiguous/],
    ["an address with octal parts", { host: "0177.0.0.1" }, "host", /ambiguous/],
    ["an address in fullwidth digits", { host: "１２７.0.0.1" }, "host", /ambiguous/],
    ["an address out of range", { host: "1.2.3.256" }, "host", /not a host name/],
    ["a broken IPv6 address", { host: "2001:db8::1::2" }, "host", /IPv6/],
    ["an IPv6 zone", { host: "fe80::1%eth0" }, "host", /alone/],
    ["a port of 0", { host, port: 0 }, "port", /1 to 65535/],
    ["a port too high", { host, port: 65_536 }, "port", /1 to 65535/],
    ["a port that is a string", { host, port: "587" }, "port", /whole number/],
    ["a port that is no integer", { host, port: 587.5 }, "port", /whole number/],
    ["a port that is null", { host, port: null }, "port", /whole number/],
    ["port 25 without its opt-in", { host, port: 25 }, "port", /allowPort25/],
    ["an opt-in that is no boolean", { host, port: 587, allowPort25: "yes" }, "allowPort25", /true or false/],
    ["an unknown security", { host, security: "ssl" }, "security", /"implicit"/],
    ["465 with STARTTLS", { host, port: 465, security: "starttls" }, "security", /465.*587/],
    ["465 with opportunistic", { host, port: 465, security: "opportunistic" }, "security", /465.*587/],
    [
      "an authority without TLS",
      { host, security: "none", tls: { ca: "-----BEGIN CERTIFICATE-----\n" } },
      "tls.ca",
      /"none"/,
    ],
    [
      "a TLS version without TLS",
      { host, security: "none", tls: { minVersion: "TLSv1.3" } },
      "tls.minVersion",
      /"none"/,
    ],
    ["465 in clear text", { host, port: 465, security: "none" }, "security", /465.*587/],
    ["credentials over clear text", { host, security: "none", auth }, "auth", /allowClearText/],
    ["an allowClearText that is no boolean", { host, allowClearText: 1 }, "allowClearText", /true or false/],
    ["auth that is no object", { host, auth: "ada:canary-word" }, "auth", /object/],
    ["a user without password", { host, auth: { username: "ada" } }, "auth.password", /missing/],
    ["a password without user", { host, auth: { password: "canary-word" } }, "auth.username", /missing/],
    ["a token without user", { host, auth: { accessToken: "canary-word" } }, "auth.username", /missing/],
    ["password and token", { host, auth: { ...auth, accessToken: "canary" } }, "auth.accessToken", /one of them/],
    ["an empty password", { host, auth: { username: "ada", password: "" } }, "auth.password", /empty/],
    [
      "a password read from a file",
      { host, auth: { username: "ada", password: "canary-word\n" } },
      "auth.password",
      /trim/,
    ],
    ["a password with NUL", { host, auth: { username: "ada", password: "canary\0word" } }, "auth.password", /control/],
    ["a user with ^A", { host, auth: { username: "ada\x01", password: "canary-word" } }, "auth.username", /control/],
    ["a password that is no string", { host, auth: { username: "ada", password: 1234 } }, "auth.password", /string/],
    ["a token of the wrong type", { host, auth: { username: "ada", accessToken: {} } }, "auth.accessToken", /function/],
    ["no methods", { host, auth: { ...auth, methods: [] } }, "auth.methods", /SCRAM-SHA-256/],
    ["an unknown method", { host, auth: { ...auth, methods: ["NTLM"] } }, "auth.methods", /one or more/],
    ["methods that are no list", { host, auth: { ...auth, methods: "PLAIN" } }, "auth.methods", /list/],
    ["a token method for a password", { host, auth: { ...auth, methods: ["XOAUTH2"] } }, "auth.methods", /a password/],
    [
      "a password method for a token",
      { host, auth: { username: "ada", accessToken: "canary", methods: ["PLAIN"] } },
      "auth.methods",
      /access token/,
    ],
    ["words of nodemailer in auth", { host, auth: { user: "ada", pass: "canary-word" } }, "auth.user", /"username"/],
    ["tls that is no object", { host, tls: true }, "tls", /object/],
    [
      "rejectUnauthorized as text",
      { host, tls: { rejectUnauthorized: "false" } },
      "tls.rejectUnauthorized",
      /true or false/,
    ],
    ["an old TLS version", { host, tls: { minVersion: "TLSv1" } }, "tls.minVersion", /TLSv1\.3/],
    ["an address as server name", { host, tls: { serverName: "192.0.2.1" } }, "tls.serverName", /RFC 6066/],
    ["a server name with a port", { host, tls: { serverName: "a.example:1" } }, "tls.serverName", /alone/],
    ["a file name for ca", { host, tls: { ca: "/etc/ca.pem" } }, "tls.ca", /not a file name/],
    ["bytes for ca", { host, tls: { ca: new Uint8Array(3) } }, "tls.ca", /string/],
    ["an empty list for ca", { host, tls: { ca: [] } }, "tls.ca", /nobody/],
    ["a wrong entry in ca", { host, tls: { ca: [CERTIFICATE, null] } }, "tls.ca", /string/],
    ["PEM without line breaks", { host, tls: { ca: CERTIFICATE.replaceAll("\n", "\\n") } }, "tls.ca", /line breaks/],
    ["a client certificate without key", { host, tls: { cert: CERTIFICATE } }, "tls.key", /missing/],
    ["a client key without certificate", { host, tls: { key: KEY } }, "tls.cert", /missing/],
    [
      "an encrypted key",
      { host, tls: { cert: CERTIFICATE, key: KEY.replaceAll("PRIVATE", "ENCRYPTED PRIVATE") } },
      "tls.key",
      /encrypted/,
    ],
    ["an unknown field in tls", { host, tls: { servername: "a.example" } }, "tls.servername", /"serverName"/],
    ["an empty client name", { host, clientName: "" }, "clientName", /empty/],
    ["a client name with CR LF", { host, clientName: "me\r\nMAIL FROM:<>" }, "clientName", /line breaks/],
    ["a client name of two words", { host, clientName: "my host" }, "clientName", /white space/],
    ["a bare address as client name", { host, clientName: "127.0.0.1" }, "clientName", /\[127\.0\.0\.1\]/],
    ["an IPv6 literal without its tag", { host, clientName: "[::1]" }, "clientName", /\[IPv6:::1\]/],
    ["a name in brackets", { host, clientName: "[mail.example]" }, "clientName", /inside the brackets/],
    ["a timeout of 0", { host, timeouts: { replyMs: 0 } }, "timeouts.replyMs", /from 1/],
    [
      "an endless timeout",
      { host, timeouts: { totalMs: Number.POSITIVE_INFINITY } },
      "timeouts.totalMs",
      /whole number/,
    ],
    [
      "a timeout that would overflow",
      { host, timeouts: { idleMs: 1, finalMs: 2 ** 31 } },
      "timeouts.finalMs",
      /2147483647/,
    ],
    ["a timeout as text", { host, timeouts: { connectMs: "10s" } }, "timeouts.connectMs", /whole number/],
    ["a mistyped timeout", { host, timeouts: { conectMs: 1 } }, "timeouts.conectMs", /"connectMs"/],
    ["a pool of nothing", { host, pool: { maxConnections: 0 } }, "pool.maxConnections", /from 1/],
    ["half a message", { host, pool: { maxMessages: 1.5 } }, "pool.maxMessages", /whole number/],
    ["a rate without its time", { host, pool: { rate: { messages: 1 } } }, "pool.rate.perMs", /missing/],
    ["a rate without its count", { host, pool: { rate: { perMs: 1000 } } }, "pool.rate.messages", /missing/],
    ["a rate of nothing", { host, pool: { rate: { messages: 0, perMs: 1 } } }, "pool.rate.messages", /from 1/],
    ["a default that is no address", { host, defaults: { from: "nobody" } }, "defaults.from", /./],
    [
      "an injection in a default",
      { host, defaults: { to: "a@b.example\r\nBcc: x@y.example" } },
      "defaults.to",
      /line break/,
    ],
    [
      "an injection in a default header",
      { host, defaults: { headers: { "X-A": "b\r\nBcc: x@y.example" } } },
      "defaults.headers.X-A",
      /line break/,
    ],
    [
      "a default header that has a field",
      { host, defaults: { headers: { Bcc: "x@y.example" } } },
      "defaults.headers.Bcc",
      /`bcc`/,
    ],
    ["an unknown default", { host, defaults: { subject: "Hi" } }, "defaults.subject", /known/],
    ["user at the top", { host, user: "ada" }, "user", /"auth.username"/],
    ["pass at the top", { host, pass: "canary-word" }, "pass", /"auth.password"/],
    ["secure", { host, secure: true }, "secure", /security: "implicit"/],
    ["hostname", { hostname: host }, "hostname", /"host"/],
    ["requireTLS", { host, requireTLS: true }, "requireTLS", /security: "starttls"/],
    [
      "rejectUnauthorized at the top",
      { host, rejectUnauthorized: false },
      "rejectUnauthorized",
      /"tls.rejectUnauthorized"/,
    ],
    ["a mistyped field", { host, prot: 587 }, "prot", /"port"/],
    ["a field nobody knows", { host, favouriteColour: "blue" }, "favouriteColour", /not a known field$/],
    ["__proto__ from JSON", JSON.parse('{"host":"mail.example","__proto__":{"port":25}}'), "__proto__", /known/],
  ])("refuses %s", (_, input, path, message) => {
    expect(issuesOf(input)).toContainEqual({ path, message: expect.stringMatching(message) });
  });

  it("lists everything that is wrong at once", () => {
    const given = {
      host: "",
      port: 70_000,
      auth: { username: "ada" },
      tls: { cert: CERTIFICATE },
      timeouts: { replyMs: -1 },
      secure: true,
    };
    expect(issuesOf(given).map(({ path }) => path)).toEqual([
      "host",
      "port",
      "tls.key",
      "auth.password",
      "timeouts.replyMs",
      "secure",
    ]);
  });
});

describe("parseConnection with a URL", () => {
  it.each<[string, object]>([
    ["smtp://mail.example", { host, port: 587, security: "starttls" }],
    ["smtp://mail.example/", { host, port: 587 }],
    ["SMTP://MAIL.example:2525", { host, port: 2525, security: "starttls" }],
    ["smtp://mail.example:465", { port: 465, security: "implicit" }],
    ["smtps://mail.example", { port: 465, security: "implicit" }],
    ["smtps://mail.example:2465", { port: 2465, security: "implicit" }],
    ["smtp://mail.example:25?allowPort25=true", { port: 25 }],
    ["smtp://ada:canary%3A%40%2F%3F%23%25@mail.example", { auth: { username: "ada", password: "canary:@/?#%" } }],
    [
      "smtp://ada%40acme.example:canary+w@mail.example",
      { auth: { username: "ada@acme.example", password: "canary+w" } },
    ],
    ["smtp://b%C3%BCcher.example", { host: "xn--bcher-kva.example" }],
    ["smtp://bücher.example", { host: "xn--bcher-kva.example" }],
    ["smtp://[2001:db8::1]:587", { host: "2001:db8::1", port: 587 }],
    ["smtp://192.0.2.1", { host: "192.0.2.1" }],
    ["smtp://mail.example?security=none", { security: "none" }],
    ["smtp://mail.example?security=none&allowClearText=true", { allowClearText: true }],
    ["smtp://mail.example?clientName=%5B127.0.0.1%5D", { clientName: "[127.0.0.1]" }],
    [
      "smtp://mail.example?serverName=a.example&rejectUnauthorized=false",
      { tls: { serverName: "a.example", rejectUnauthorized: false, minVersion: "TLSv1.2" } },
    ],
    [
      "smtp://mail.example?connectMs=1&totalMs=2&maxConnections=3",
      { timeouts: { connectMs: 1, totalMs: 2 }, pool: { maxConnections: 3 } },
    ],
  ])("reads %s", (url, expected) => {
    expect(parseConnection(url)).toMatchObject(expected);
    expect(parseConnection(new URL(url))).toEqual(parseConnection(url));
  });

  it.each<[string, string, string, RegExp]>([
    ["a bare host", "mail.example", "", /smtp:\/\//],
    ["an empty text", "", "", /smtp:\/\//],
    ["another scheme", "https://mail.example", "", /begins with/],
    ["no slashes", "smtp:mail.example", "", /begins with/],
    ["no host", "smtp://", "host", /empty/],
    ["a line break", "smtp://mail.example\r\n", "", /white space/],
    ["white space", "smtp://mail .example", "", /white space/],
    ["a port out of range", "smtp://mail.example:99999", "", /not a URL/],
    ["port 25", "smtp://mail.example:25", "port", /allowPort25/],
    ["a path", "smtp://mail.example/inbox", "", /path/],
    ["a fragment", "smtp://mail.example#top", "", /fragment/],
    ["an unknown parameter", "smtp://mail.example?pool=true", "pool", /security, clientName/],
    ["a parameter called like a method", "smtp://mail.example?constructor=1", "constructor", /not a parameter/],
    ["a parameter given twice", "smtp://mail.example?connectMs=1&connectMs=2", "connectMs", /twice/],
    ["a flag of another word", "smtp://mail.example?allowPort25=1", "allowPort25", /true or false/],
    ["a number that is none", "smtp://mail.example?connectMs=1e3", "timeouts.connectMs", /whole number/],
    ["a user without password", "smtp://ada@mail.example", "auth.password", /missing/],
    ["a password without user", "smtp://:canary-word@mail.example", "auth.username", /missing/],
    ["a broken percent sign", "smtp://ada:canary%ZZword@mail.example", "auth.password", /%25/],
    ["smtps with STARTTLS", "smtps://mail.example?security=starttls", "security", /smtp:\/\//],
    ["465 with STARTTLS", "smtp://mail.example:465?security=starttls", "security", /465/],
    ["an encoded line break in the user", "smtp://ada%0D%0A:canary-word@mail.example", "auth.username", /line break/],
    ["an encoded line break in the host", "smtp://mail.example%0d%0a", "host", /white space/],
    ["an ambiguous address", "smtp://127.1", "host", /ambiguous/],
    ["an unescaped slash in the password", "smtp://ada:1/canary-word@mail.example", "", /percent-encode/],
    ["an unescaped question mark in the password", "smtp://ada:1?canary-word=@mail.example", "", /percent-encode/],
    ["an unescaped hash in the password", "smtp://ada:1#canary-word@mail.example", "", /percent-encode/],
  ])("refuses %s", (_, url, path, message) => {
    expect(issuesOf(url)).toContainEqual({ path, message: expect.stringMatching(message) });
  });
});

describe("parseConnection and junk", () => {
  const junk = fc.anything({
    withBigInt: true,
    withDate: true,
    withMap: true,
    withNullPrototype: true,
    withTypedArray: true,
  });
  const names = [
    "host",
    "port",
    "security",
    "tls",
    "auth",
    "clientName",
    "defaults",
    "timeouts",
    "pool",
    "rate",
    "ca",
    "methods",
    "username",
    "headers",
    "to",
  ];
  const almost = fc.letrec((tie) => ({
    value: fc.oneof({ depthSize: "small" }, junk, fc.webUrl(), fc.domain(), tie("fields")),
    fields: fc.dictionary(fc.constantFrom(...names), tie("value")),
  })).fields;

  function answer(input: unknown): string {
    try {
      return parseConnection(input as SmtpConnection).host;
    } catch (error) {
      if (!isMailError(error) || error.issues === undefined) throw error;
      return error.message;
    }
  }

  it("is answered with issues, never with an error of the language", () => {
    fc.assert(
      fc.property(fc.oneof(junk, almost), (input) => answer(input) !== ""),
      { numRuns: 2000, seed: 7 },
    );
  });

  it("in a URL too", () => {
    const url = fc
      .tuple(
        fc.constantFrom("smtp://", "smtps://", ""),
        fc.string({ unit: "binary" }),
        fc.constantFrom("", "@", ":", "?a=", "#", "/", "%"),
      )
      .map((parts) => parts.join(""));
    fc.assert(
      fc.property(url, (input) => answer(input) !== ""),
      { numRuns: 2000, seed: 7 },
    );
  });
});

describe("parseConnection and secrets", () => {
  const secret = "canary2-secret";
  it.each<[string, unknown]>([
    ["a URL that is none", `smtp://ada:${secret}@mail.example:99999`],
    ["a URL of another scheme", `imap://ada:${secret}@mail.example`],
    ["a password with an unescaped slash", `smtp://ada:1/${secret}@mail.example`],
    ["a password with an unescaped question mark", `smtp://ada:1?${secret}@mail.example`],
    ["a password with an unescaped hash", `smtp://ada:1#${secret}@mail.example`],
    ["a path that may be the password's end", `smtp://ada:1/${secret}`],
    ["a host that is a URL", { host: `smtp://ada:${secret}@mail.example` }],
    ["a host with user and password", { host: `ada:${secret}@mail.example` }],
    [
      "a password in the wrong place",
      { host, port: secret, security: secret, clientName: `${secret} x`, pool: secret, user: secret },
    ],
    [
      "credentials that conflict",
      { host, auth: { username: secret, password: `${secret}\n`, accessToken: secret, methods: [secret] } },
    ],
    [
      "a key that is no PEM",
      { host, tls: { key: secret, cert: secret, ca: secret, serverName: `${secret}:1`, minVersion: secret } },
    ],
  ])("are not quoted: %s", (_, input) => {
    const issues = issuesOf(input);
    expect(issues.length).toBeGreaterThan(0);
    expect(JSON.stringify(issues)).not.toContain(secret);
  });
});
