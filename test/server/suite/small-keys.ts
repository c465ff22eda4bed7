import { beforeAll, expect, test } from "vitest";
import { MESSAGE } from "../endpoint.ts";
import type { House } from "./house.ts";

const IN_A_DAY = new Date(Date.now() + 24 * 60 * 60 * 1000).toISOString();

/** What a key that may do everything, to one connection, for one day, cannot do to anybody else. */
export function smallKeySuite(house: House): void {
  let token = "";
  const ask = (method: string, path: string, body?: unknown, headers = {}) =>
    house.entry.request(method, path, body, { authorization: `Bearer ${token}`, ...headers });

  beforeAll(async () => {
    const scopes = ["messages:send", "messages:read", "connections:use", "connections:write"];
    const key = { name: "small", scopes, connections: ["small/own", "main"], expiresAt: IN_A_DAY };
    token = (await house.entry.request("POST", "/v1/keys", key)).body.token;
    for (const name of ["small/own", "small/foreign"]) {
      const stored = { name, host: "93.184.216.34", auth: { username: "u", password: "canary2-sesame" } };
      expect((await house.entry.request("POST", "/v1/connections", stored)).status).toBe(201);
    }
  });

  test.each<[method: string, action: string, body?: object]>([
    ["GET", ""],
    ["PATCH", "", { defaults: {} }],
    ["DELETE", ""],
    ["POST", "/verify", {}],
  ])("%s of somebody else's connection%s is answered as that of none", async (method, action, body) => {
    const [foreign, none] = await Promise.all(
      ["small/foreign", "small/none"].map((name) => ask(method, `/v1/connections/${name}${action}`, body)),
    );
    const told = ({ status, body: { instance: _, ...problem } }: NonNullable<typeof foreign>) => ({ status, problem });
    expect(foreign).toMatchObject({ status: 404, body: { code: "connection-not-found" } });
    expect(foreign && told(foreign)).toEqual(none && told(none));
  });

  test("sending by it is, too, and it is in no list", async () => {
    for (const connection of ["small/foreign", "small/none", "../small/foreign", "small/own/../foreign"]) {
      const answer = await ask("POST", "/v1/messages", { ...MESSAGE, connection });
      expect(answer, connection).toMatchObject({ status: 404, body: { code: "connection-not-found" } });
      const form = { connection, message: { from: "a@example.com", to: "b@example.com", subject: "Hi", body: "x" } };
      expect(await ask("POST", "/v1/connectors/appsmith/send", form), connection).toMatchObject({ status: 404 });
    }
    const { body } = await ask("GET", "/v1/connections");
    expect(body.connections.map(({ name }: { name: string }) => name).sort()).toEqual(["main", "small/own"]);
  });

  test("a connection of a name that is not its own cannot be made, nor one for everybody's mail", async () => {
    const mine = { host: "93.184.216.34" };
    expect(await ask("POST", "/v1/connections", { ...mine, name: "small/other" })).toMatchObject({ status: 403 });
    expect(await ask("PATCH", "/v1/connections/small/own", { system: true })).toMatchObject({ status: 403 });
    expect(await ask("DELETE", "/v1/connections/small/own")).toMatchObject({ status: 204 });
    const system = { ...mine, name: "small/own", system: true };
    expect(await ask("POST", "/v1/connections", system)).toMatchObject({ status: 403 });
    expect(await ask("POST", "/v1/connections", { ...system, system: false })).toMatchObject({ status: 201 });
  });

  test("what others sent is not seen, by id, by filter or by idempotency key", async () => {
    const key = { "idempotency-key": "small-1" };
    const message = { ...MESSAGE, subject: "Somebody else's" };
    const { body: foreign } = await house.entry.request("POST", "/v1/messages", message, key);
    expect(await ask("GET", `/v1/messages/${foreign.id}`)).toMatchObject({ status: 404 });
    const own = await ask("POST", "/v1/messages", message, key);
    expect(own.status).toBe(200);
    expect(own.body.id).not.toBe(foreign.id);
    for (const query of ["", "?key=environment", "?recipient=b@example.com", "?connection=main"]) {
      const { body } = await ask("GET", `/v1/messages${query}`);
      expect(body.messages.map(({ id }: { id: string }) => id)).toEqual([own.body.id]);
    }
  });

  test("a key that makes keys makes none that may do more, elsewhere, or for longer", async () => {
    const scopes = ["keys:write", "messages:read"];
    const key = { name: "maker", scopes, connections: ["main"], expiresAt: IN_A_DAY };
    const { body: maker } = await house.entry.request("POST", "/v1/keys", key);
    const make = (change: object) =>
      house.entry.request("POST", "/v1/keys", { ...key, ...change }, { authorization: `Bearer ${maker.token}` });
    const later = new Date(Date.parse(IN_A_DAY) + 1000).toISOString();
    for (const change of [
      { scopes: ["messages:send"] },
      { connections: undefined },
      { connections: ["small/foreign"] },
      { expiresAt: undefined },
      { expiresAt: later },
    ]) {
      expect(await make(change), JSON.stringify(change)).toMatchObject({ status: 403, body: { code: "forbidden" } });
    }
    expect(await make({})).toMatchObject({ status: 201 });
  });

  test("a connection that would be waited for longer than any send is none", async () => {
    const timeouts = { totalMs: 15 * 60 * 1000 + 1 };
    const answer = await ask("PATCH", "/v1/connections/small/own", { timeouts });
    expect(answer).toMatchObject({ status: 422, body: { errors: [{ pointer: "/timeouts/totalMs" }] } });
    const connection = { host: "93.184.216.34", timeouts };
    const inline = await house.entry.request("POST", "/v1/messages", { ...MESSAGE, connection });
    expect(inline).toMatchObject({ status: 422, body: { errors: [{ pointer: "/connection/timeouts/totalMs" }] } });
  });
}
