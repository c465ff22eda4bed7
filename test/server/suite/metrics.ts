import { expect, test } from "vitest";
import { MESSAGE, TOKEN } from "../endpoint.ts";
import type { House } from "./house.ts";

/** What an operator can watch, and nobody else. */
export function metricSuite(house: House): void {
  const read = (token: string, accept = "text/plain;version=0.0.4;q=0.5,*/*;q=0.1") =>
    fetch(`${house.entry.url}/metrics`, { headers: { authorization: `Bearer ${token}`, accept } });

  test("every line is one Prometheus can read, and none holds an address, a subject or a secret", async () => {
    await house.entry.request("POST", "/v1/messages", { ...MESSAGE, subject: "canary-subject" });
    await house.entry.request("POST", "/v1/messages", { ...MESSAGE, to: "nobody@example.com" });
    const response = await read(TOKEN);
    expect(response.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
    const text = await response.text();
    const samples = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
    for (const line of samples) {
      expect(line).toMatch(/^edgepost_[a-z_]+(\{([a-z]+="(?:[^"\\]|\\.)*",?)+\})? (\d+(\.\d+)?(e-?\d+)?)$/);
    }
    for (const line of text.split("\n").filter((one) => one.startsWith("#"))) {
      expect(line).toMatch(/^# (HELP edgepost_[a-z_]+ .+|TYPE edgepost_[a-z_]+ (counter|gauge|histogram))$/);
    }
    expect(text).toMatch(/^edgepost_messages_total\{state="sent"\} [1-9]\d*$/m);
    expect(text).toMatch(/^edgepost_attempts_total\{code="ok"\} [1-9]\d*$/m);
    expect(text).toMatch(/^edgepost_attempts_total\{code="recipients-rejected"\} [1-9]\d*$/m);
    expect(text).toMatch(/^edgepost_attempt_duration_seconds_bucket\{le="\+Inf"\} [1-9]\d*$/m);
    expect(text).not.toMatch(/@|canary|sesame|whsec_|ep_[0-9a-f]{16}/);
  });

  test("nobody reads them without a key that may", async () => {
    const scopes = ["messages:send", "messages:read"];
    const { body: key } = await house.entry.request("POST", "/v1/keys", { name: "sender", scopes });
    expect((await read("nobody-knows-this-token-of-32-characters")).status).toBe(401);
    const refused = await read(key.token);
    expect(refused.status).toBe(403);
    expect(await refused.json()).toMatchObject({ code: "forbidden" });
  });
}
