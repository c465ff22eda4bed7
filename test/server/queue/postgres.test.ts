import { postgresQueue, postgresStore } from "@edgepost/server/postgres";
import { nodeTransport } from "@edgepost/transport-node";
import { describe } from "vitest";
import { describeWithPostgres } from "../../support/postgres.ts";
import { usePostgres } from "../store/drivers.ts";
import { engineSuite } from "./engine-suite.ts";
import { houseOf, type Member } from "./house.ts";

describeWithPostgres("the engine in Postgres", () => {
  const postgres = usePostgres();

  async function open(servers: number): Promise<readonly Member[]> {
    const url = await (await postgres()).createDatabase();
    const member = async () => ({ store: await postgresStore(url), outbox: postgresQueue(url) });
    return Promise.all(Array.from({ length: servers }, member));
  }

  describe("with one server", () => engineSuite(houseOf(() => open(1), nodeTransport)));
  describe("with three that share the work", () => engineSuite(houseOf(() => open(3), nodeTransport)));
});
