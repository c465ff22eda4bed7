import { describe, expect, it } from "vitest";
import { isPublicAddress, isPublicHost } from "../../../packages/core/src/util/public-address.ts";

describe("addresses of the public internet are public:", () => {
  it.each([
    "1.1.1.1",
    "8.8.8.8",
    "11.0.0.0",
    "100.63.255.255",
    "100.128.0.0",
    "126.255.255.255",
    "128.0.0.0",
    "168.63.129.15",
    "169.253.255.255",
    "172.15.255.255",
    "172.32.0.0",
    "192.167.255.255",
    "192.169.0.0",
    "198.17.255.255",
    "198.20.0.0",
    "223.255.255.255",
    "2606:4700:4700::1111",
    "2001:200::1",
    "2001:4860:4860::8888",
    "2003::1",
    "3ffe::1",
    "2a00:1450:4001:0:0:0:0:200e",
  ])("%s", (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });
});

describe("all others are not:", () => {
  it.each([
    ["this network", "0.0.0.0", "0.1.2.3"],
    ["private", "10.0.0.0", "10.255.255.255", "172.16.0.0", "172.31.255.255", "192.168.0.0", "192.168.255.255"],
    ["shared by carriers", "100.64.0.0", "100.127.255.255", "100.100.100.200"],
    ["loopback", "127.0.0.1", "127.255.255.255", "::1"],
    ["link-local, with metadata services", "169.254.0.0", "169.254.169.254", "169.254.255.255", "fe80::1", "febf::1"],
    ["metadata services elsewhere", "192.0.0.192", "168.63.129.16", "fd00:ec2::254"],
    ["documentation", "192.0.2.1", "198.51.100.1", "203.0.113.1", "2001:db8::1", "3fff::1", "3fff:fff::1"],
    ["benchmarks", "198.18.0.0", "198.19.255.255", "2001:2::1"],
    ["6to4", "192.88.99.1", "2002:7f00:1::"],
    ["multicast", "224.0.0.1", "239.255.255.255", "ff02::1"],
    ["reserved and broadcast", "240.0.0.0", "255.255.255.255", "4000::1", "5f00::1"],
    ["unique-local and site-local", "fc00::1", "fdff::1", "fec0::1"],
    ["unspecified", "::"],
    [
      "IPv4 inside IPv6",
      "::ffff:8.8.8.8",
      "::ffff:127.0.0.1",
      "::ffff:7f00:1",
      "::7f00:1",
      "64:ff9b::8.8.8.8",
      "64:ff9b:1::1",
    ],
    ["Teredo and other protocol assignments", "2001::1", "2001:0:4136:e378::1", "2001:10::1", "2001:1ff::1"],
    ["discard-only", "100::1"],
    [
      "other ways to write them",
      "127.1",
      "2130706433",
      "0x7f.0.0.1",
      "0177.0.0.1",
      "0:0:0:0:0:0:0:1",
      "::FFFF:127.0.0.1",
      "127.0.0.1.",
    ],
    ["with a zone", "fe80::1%eth0", "2606:4700::1%eth0"],
    [
      "no addresses",
      "",
      "example.com",
      "8.8.8.8.8",

      "8.8.8.8:53",
      "8.8.8.8/32",
      "[2606:4700::1]",
      "a@8.8.8.8",
      "8.8.8.8 ",
      "256.0.0.1",
      "2606:4700",
      ":::",
    ],
  ])("%s", (_what, ...addresses) => {
    expect(addresses.filter(isPublicAddress)).toEqual([]);
  });
});

describe("a host of a URL", () => {
  it.each([
    ["localhost", false],
    ["a.localhost", false],
    ["localhost.", false],
    ["printer.local", false],
    ["metadata.google.internal", false],
    ["127.0.0.1", false],
    ["[::1]", false],
    ["8.8.8.8", true],
    ["[2606:4700::1]", true],
    ["example.com", undefined],
    ["notlocalhost", undefined],
    ["local.example", undefined],
  ])("%s is known to be public without DNS: %s", (host, known) => {
    expect(isPublicHost(host)).toBe(known);
  });
});
