import { describe, expect, test } from "vitest";
import { createHostPolicy, type HostPolicyOptions } from "../../packages/server/src/connections/host-policy.ts";

/** What DNS says in these tests. */
const DNS: Record<string, readonly string[]> = {
  "mail.example.com": ["93.184.216.34", "2606:2800:220:1::1"],
  "inside.example.com": ["10.0.0.5"],
  "half.example.com": ["93.184.216.34", "127.0.0.1"],
  localhost: ["127.0.0.1"],
};

const resolve = async (host: string) => DNS[host] ?? Promise.reject(new Error("ENOTFOUND"));

function check(host: string, port = 587, options: HostPolicyOptions = {}) {
  return createHostPolicy({ resolve, ...options }).check(host, port);
}

test("a public name is connected to by the addresses that were checked", async () => {
  expect(await check("mail.example.com")).toEqual(["93.184.216.34", "2606:2800:220:1::1"]);
});

test.each(["8.8.8.8", "1.1.1.1", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "2a00:1450:4001::8"])(
  "the public address %s is connected to",
  async (address) => {
    expect(await check(address)).toEqual([address]);
  },
);

describe("refuses", () => {
  test.each([
    "0.0.0.0",
    "10.255.255.255",
    "100.64.0.1",
    "100.100.100.200",
    "127.0.0.1",
    "127.255.255.254",
    "168.63.129.16",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.192",
    "192.168.1.1",
    "198.18.0.1",
    "203.0.113.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "0:0:0:0:0:0:0:1",
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "::ffff:7f00:1",
    "::127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::1",
    "3fff::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fec0::1",
    "ff02::1",
  ])("the address %s", async (address) => {
    await expect(check(address)).rejects.toMatchObject({ code: "invalid-connection", issues: [{ path: "host" }] });
  });

  test.each(["localhost", "db.localhost", "printer.local", "metadata.google.internal", "inside.example.com"])(
    "the name %s",
    async (name) => {
      await expect(check(name)).rejects.toMatchObject({ code: "invalid-connection" });
    },
  );

  test("a name of which one address is private, even if the others are not", async () => {
    await expect(check("half.example.com")).rejects.toMatchObject({ code: "invalid-connection" });
  });

  test("a name nobody knows in the same words as a private one: an answer draws no map", async () => {
    const [unknown, inside] = await Promise.all(
      ["nobody.example.com", "inside.example.com"].map((name) => check(name).catch((error: Error) => error.message)),
    );
    expect(unknown).toBe(inside);
  });

  test.each([25, 22, 80, 6379, 0])("port %d", async (port) => {
    await expect(check("mail.example.com", port)).rejects.toMatchObject({ issues: [{ path: "port" }] });
  });
});

describe("the operator may open", () => {
  test("a port", async () => {
    expect(await check("mail.example.com", 25, { ports: [25, 587] })).toHaveLength(2);
  });

  test("a block of addresses, for literals and for names", async () => {
    const allow = ["10.0.0.0/24", "fd00::/8"];
    expect(await check("10.0.0.5", 587, { allow })).toEqual(["10.0.0.5"]);
    expect(await check("inside.example.com", 587, { allow })).toEqual(["10.0.0.5"]);
    expect(await check("fd12::1", 587, { allow })).toEqual(["fd12::1"]);
    await expect(check("10.0.1.5", 587, { allow })).rejects.toThrow();
    await expect(check("::ffff:10.0.0.5", 587, { allow })).rejects.toThrow();
  });

  test("a host by its name, whatever its addresses are", async () => {
    expect(await check("half.example.com", 587, { allow: ["half.example.com"] })).toHaveLength(2);
    expect(await check("localhost", 587, { allow: ["localhost"] })).toEqual(["127.0.0.1"]);
  });
});

describe("where the platform resolves", () => {
  const check = createHostPolicy({ resolve: "platform" }).check;

  test("names are left to it, but for those that are local by their name", async () => {
    expect(await check("mail.example.com", 587)).toBeUndefined();
    await expect(check("localhost", 587)).rejects.toThrow();
    await expect(check("metadata.google.internal", 587)).rejects.toThrow();
  });

  test("addresses are still checked here", async () => {
    expect(await check("8.8.8.8", 587)).toEqual(["8.8.8.8"]);
    await expect(check("127.0.0.1", 587)).rejects.toThrow();
    await expect(check("::1", 587)).rejects.toThrow();
  });
});

test("without a way to look up names, only addresses are taken", async () => {
  const { check } = createHostPolicy();
  expect(await check("8.8.8.8", 587)).toEqual(["8.8.8.8"]);
  await expect(check("mail.example.com", 587)).rejects.toThrow(/no way to look up names/);
});
