import { join } from "node:path";
import { embeddedQueue, sqliteStore } from "@edgepost/server/node";
import { nodeTransport } from "@edgepost/transport-node";
import { nativeTransport } from "@edgepost/transport-node/native";
import { describe } from "vitest";
import { memoryStore } from "../../../packages/server/src/store/memory.ts";
import { temporaryFolder } from "../store/drivers.ts";
import { engineSuite } from "./engine-suite.ts";
import { houseOf } from "./house.ts";

describe("the embedded engine, with SQLite and nodemailer's connection", () => {
  const openStore = () => sqliteStore(join(temporaryFolder(), "edgepost.db"));
  engineSuite(houseOf(async () => [{ store: await openStore(), outbox: embeddedQueue() }], nodeTransport));
});

describe("the embedded engine, in memory and with our own engine of SMTP", () => {
  engineSuite(houseOf(async () => [{ store: memoryStore(), outbox: embeddedQueue() }], nativeTransport));
});
