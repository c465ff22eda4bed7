import { describe, expect, test } from "vitest";
import { MESSAGE, TOKEN, testEndpoint } from "./endpoint.ts";

const OTHER = "another-token-of-the-endpoint-suite-0123456789";

describe("web pages", () => {
  const preflight = { origin: "https://app.example.com", "access-control-request-method": "POST" };

  test("may not call unless they were named", async () => {
    const { app, post } = testEndpoint();
    const asked = await app.request("/v1/messages", { method: "OPTIONS", headers: preflight });
    expect(asked.headers.get("access-control-allow-origin")).toBeNull();
    const sent = await post(MESSAGE, { origin: "https://app.example.com" });
    expect(sent.headers.get("access-control-allow-origin")).toBeNull();
  });

  test("that were named may ask first, without a key, and then call", async () => {
    const { app, post } = testEndpoint({ corsOrigins: ["https://app.example.com"] });
    const asked = await app.request("/v1/messages", { method: "OPTIONS", headers: preflight });
    expect(asked.status).toBe(204);
    expect(asked.headers.get("access-control-allow-origin")).toBe("https://app.example.com");
    expect(asked.headers.get("access-control-allow-headers")).toContain("authorization");
    expect(asked.headers.get("access-control-allow-credentials")).toBeNull();
    const sent = await post(MESSAGE, { origin: "https://app.example.com" });
    expect(sent.headers.get("access-control-allow-origin")).toBe("https://app.example.com");
    expect(sent.headers.get("access-control-expose-headers")).toContain("idempotency-replayed");
  });

  test("others still may not", async () => {
    const { post } = testEndpoint({ corsOrigins: ["https://app.example.com"] });
    const sent = await post(MESSAGE, { origin: "https://evil.example" });
    expect(sent.headers.get("access-control-allow-origin")).toBeNull();
  });

  test("can read what went wrong", async () => {
    const { post } = testEndpoint({ corsOrigins: ["https://app.example.com"] });
    const refused = await post({}, { origin: "https://app.example.com" });
    expect(refused.status).toBe(422);
    expect(refused.headers.get("access-control-allow-origin")).toBe("https://app.example.com");
  });
});

describe("the rate limit", () => {
  test("counts for each key, says what is left, and lets in again when the time is over", async () => {
    let now = 0;
    const { post } = testEndpoint({
      clock: () => new Date(now),
      rateLimit: { requests: 2, perMs: 60_000 },
      keys: [
        { name: "one", token: TOKEN },
        { name: "other", token: OTHER },
      ],
    });
    const first = await post(MESSAGE);
    expect(first.headers.get("ratelimit-policy")).toBe('"default";q=2;w=60');
    expect(first.headers.get("ratelimit")).toBe('"default";r=1;t=60');
    now += 15_500;
    expect((await post(MESSAGE)).headers.get("ratelimit")).toBe('"default";r=0;t=45');
    const refused = await post(MESSAGE);
    expect(refused.status).toBe(429);
    expect(refused.headers.get("retry-after")).toBe("45");
    expect(await refused.json()).toMatchObject({ code: "rate-limited" });
    expect((await post(MESSAGE, { authorization: `Bearer ${OTHER}` })).status).toBe(200);
    now += 44_500;
    expect((await post(MESSAGE)).status).toBe(200);
  });

  test("is told with a refusal too", async () => {
    const { post } = testEndpoint({ rateLimit: { requests: 5, perMs: 1000 } });
    const response = await post({ ...MESSAGE, to: "nobody" });
    expect(response.status).toBe(422);
    expect(response.headers.get("ratelimit")).toBe('"default";r=4;t=1');
  });
});
