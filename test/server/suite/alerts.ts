import { expect, test } from "vitest";
import type { House } from "./house.ts";

/** What somebody should know, over HTTP. What raises an alert is tested where time can pass. */
export function alertSuite(house: House): void {
  test("the list of alerts is open to a key with the scope, and to no other", async () => {
    const { status, body } = await house.entry.request("GET", "/v1/alerts?state=all");
    expect(status).toBe(200);
    expect(body.alerts).toBeInstanceOf(Array);
    const scopes = ["messages:send", "webhooks:write"];
    const { body: key } = await house.entry.request("POST", "/v1/keys", { name: "sender", scopes });
    const own = { authorization: `Bearer ${key.token}` };
    expect(await house.entry.request("GET", "/v1/alerts", undefined, own)).toMatchObject({ status: 403 });
    expect(await house.entry.request("POST", "/v1/alerts/x/acknowledge", undefined, own)).toMatchObject({
      status: 403,
    });
  });

  test("an alert nobody raised is not found, and a mute needs its end", async () => {
    const none = "/v1/alerts/00000000-0000-7000-8000-000000000000";
    expect(await house.entry.request("POST", `${none}/acknowledge`)).toMatchObject({ status: 404 });
    expect(await house.entry.request("POST", `${none}/mute`, { until: null })).toMatchObject({ status: 404 });
    expect(await house.entry.request("GET", "/v1/alerts?state=closed")).toMatchObject({ status: 400 });
  });
}
