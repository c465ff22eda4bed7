import { describe, expect, test } from "vitest";
import { MESSAGE } from "../endpoint.ts";
import type { House } from "./house.ts";

/** Every way we know to write an address of the inside: what parsers, resolvers and translators make of it differs. */
const INSIDE = [
  "127.0.0.1",
  "127.0.0.1.",
  "127.1",
  "127.0.1",
  "2130706433",
  "0x7f000001",
  "0x7f.0.0.1",
  "0177.0.0.1",
  "017700000001",
  "127.0.0.01",
  "127.000.000.001",
  "１２７.0.0.1",
  "127。0。0。1",
  "127．0．0．1",
  "①②⑦.0.0.1",
  "0.0.0.0",
  "0",
  "10.0.0.1",
  "100.64.0.1",
  "169.254.169.254",
  "172.16.0.1",
  "192.168.0.1",
  "192.0.0.192",
  "168.63.129.16",
  "224.0.0.1",
  "255.255.255.255",
  "::",
  "::1",
  "[::1]",
  "0:0:0:0:0:0:0:1",
  "::ffff:127.0.0.1",
  "::ffff:7f00:1",
  "::127.0.0.1",
  "64:ff9b::127.0.0.1",
  "64:ff9b:1::1",
  "2002:7f00:1::",
  "2001:0:7f00:1::",
  "fe80::1",
  "fe80::1%lo",
  "::1%25lo",
  "fc00::1",
  "fd00:ec2::254",
  "ff02::1",
  "localhost",
  "LOCALHOST",
  "localhost.",
  "ｌocalhost",
  "a.localhost",
  "printer.local",
  "metadata.google.internal",
  "metadata.google.internal.",
];

/** What is no host at all, but may become one when it is put into a URL or a command. */
const NONSENSE = [
  "",
  " ",
  "a b",
  "mail.example.com:25",
  "mail.example.com/",
  "mail.example.com#",
  "mail.example.com?",
  "user@mail.example.com",
  "smtp://mail.example.com",
  "mail.example.com\r\nRCPT TO:<x>",
  "mail.example.com\0",
  "-mail.example.com",
  "mail..example.com",
  "a".repeat(64).concat(".com"),
  "a.".repeat(130),
  "%31%32%37.0.0.1",
];

/** Nobody makes the endpoint talk to its own network, however the address is written. */
export function hostSuite(house: House): void {
  describe.each(INSIDE)("the host %j", (host) => {
    test.each([
      ["brought along", "/v1/messages", { ...MESSAGE, connection: { host } }, "/connection/host"],
      ["stored", "/v1/connections", { name: "inside", host }, "/host"],
    ])("is refused when it is %s", async (_how, path, body, pointer) => {
      const answer = await house.entry.request("POST", path, body);
      expect(answer).toMatchObject({ status: 422, body: { code: "invalid-connection" } });
      expect(answer.body.errors.map((error: { pointer: string }) => error.pointer)).toEqual(
        // A host that is none at all is found where the connection is read, one that is inside where it is opened.
        expect.arrayContaining([expect.stringMatching(new RegExp(`^(${pointer}|/host)$`))]),
      );
    });

    test("is refused when it is tested, before anything is connected", async () => {
      const { status, body } = await house.entry.request("POST", "/v1/connections/verify", { host });
      if (status === 422) expect(body.code).toBe("invalid-connection");
      else expect(body).toMatchObject({ ok: false, stages: [{ stage: "resolve", ok: false }] });
    });
  });

  test.each(NONSENSE)("the host %j is none", async (host) => {
    const connection = { host };
    const answer = await house.entry.request("POST", "/v1/messages", { ...MESSAGE, connection });
    expect(answer).toMatchObject({ status: 422, body: { code: "invalid-connection" } });
  });

  test.each([1, 22, 25, 80, 443, 3306, 6379, 11211, 65535])(
    "port %d is none of those callers may name",
    async (port) => {
      const connection = { host: "93.184.216.34", port };
      const answer = await house.entry.request("POST", "/v1/messages", { ...MESSAGE, connection });
      expect(answer).toMatchObject({ status: 422, body: { code: "invalid-connection" } });
    },
  );
}
