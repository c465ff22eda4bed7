import { describe } from "vitest";
import { startCloudflareHouse } from "./cloudflare-house.ts";
import { engineSuite } from "./engine-suite.ts";

describe("the engine of Cloudflare, in workerd with its Queues, D1 and R2,", () => {
  engineSuite(startCloudflareHouse);
});
