import { describe } from "vitest";
import { ENTRIES } from "./entries.ts";
import { accessSuite } from "./suite/access.ts";
import { alertSuite } from "./suite/alerts.ts";
import { aroundSuite, settingsSuite } from "./suite/around.ts";
import { badInputSuite } from "./suite/bad-input.ts";
import { hostSuite } from "./suite/hosts.ts";
import { useHouse } from "./suite/house.ts";
import { injectionSuite } from "./suite/injection.ts";
import { laterSuite } from "./suite/later.ts";
import { limitSuite } from "./suite/limits.ts";
import { metricSuite } from "./suite/metrics.ts";
import { nameSuite } from "./suite/names.ts";
import { outcomeSuite } from "./suite/outcomes.ts";
import { sendingSuite } from "./suite/sending.ts";
import { smallKeySuite } from "./suite/small-keys.ts";
import { suppressionSuite } from "./suite/suppressions.ts";
import { webhookSuite } from "./suite/webhooks.ts";

/** The same requests over real ports, real sockets and real databases: what a caller sees does not tell where it runs. */
describe.each(ENTRIES)("%s", (_name, start) => {
  const house = useHouse(start);

  describe("sending", () => sendingSuite(house));
  describe("sending later", () => laterSuite(house));
  describe("bad input", () => badInputSuite(house));
  describe("access", () => accessSuite(house));
  describe("limits", () => limitSuite(house));
  describe("around the routes", () => aroundSuite(house));
  describe("settings", () => settingsSuite(start, house));
  describe("hosts", () => hostSuite(house));
  describe("line breaks and JSON", () => injectionSuite(house));
  describe("names", () => nameSuite(house));
  describe("a small key", () => smallKeySuite(house));
  describe("what mail servers do", () => outcomeSuite(house));
  describe("the suppression list", () => suppressionSuite(house));
  describe("webhooks", () => webhookSuite(start, house));
  describe("metrics", () => metricSuite(house));
  describe("alerts", () => alertSuite(house));
});
