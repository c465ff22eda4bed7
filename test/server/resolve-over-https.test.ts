import { describe, expect, onTestFinished, test } from "vitest";
import { createHostPolicy } from "../../packages/server/src/connections/host-policy.ts";
import { resolveOverHttps } from "../../packages/server/src/connections/resolve-over-https.ts";
import { startDohServer } from "../support/doh-server.ts";
import { startSmtpServer } from "../support/smtp-server.ts";
import { startWorkersEntry } from "./entries.ts";

const ZONE = {
  "mail.public.test": ["93.184.216.34", "2606:2800:220:1::1"],
  "inside.public.test": ["10.0.0.5"],
  "half.public.test": ["93.184.216.34", "::1"],
  "mapped.public.test": ["::ffff:10.0.0.5"],
  "nonsense.public.test": ["not an address"],
  "broken.public.test": 2,
};

/** A resolver that says this, whatever it is asked. */
function answering(body: string, status = 200) {
  return resolveOverHttps({ url: "https://resolver.test/", fetch: async () => new Response(body, { status }) });
}

describe("a name looked up over HTTPS", () => {
  test("has its addresses of both families, without the names on the way", async () => {
    const questions: string[] = [];
    const resolve = resolveOverHttps({
      url: "https://resolver.test/dns-query?token=1",
      async fetch(input) {
        questions.push(String(input));
        const isA = String(input).endsWith("type=A");
        const data = isA
          ? [
              { type: 5, data: "b.test." },
              { type: 1, data: "1.2.3.4" },
            ]
          : [{ type: 28, data: "2a00::1" }];
        return Response.json({ Status: 0, Answer: data });
      },
    });
    expect(await resolve("a&type=MX.test")).toEqual(["1.2.3.4", "2a00::1"]);
    expect(questions).toEqual([
      "https://resolver.test/dns-query?name=a%26type%3DMX.test&type=A",
      "https://resolver.test/dns-query?name=a%26type%3DMX.test&type=AAAA",
    ]);
  });

  test("that does not exist has none", async () => {
    expect(await answering('{"Status":3}')("nobody.test")).toEqual([]);
  });

  test.each([
    ["a failure", '{"Status":2}', 200],
    ["no JSON", "<html>", 200],
    ["no status", "{}", 200],
    ["an error", '{"Status":0}', 500],
    ["more than anybody reads", `{"Status":0,"x":"${"a".repeat(100_000)}"}`, 200],
  ])("is nobody's when the resolver answers with %s", async (_what, body, status) => {
    await expect(answering(body, status)("mail.test")).rejects.toThrow();
    const policy = createHostPolicy({ resolve: answering(body, status), connectsByName: true });
    await expect(policy.check("mail.test", 587)).rejects.toMatchObject({ code: "invalid-connection" });
  });
});

test("where the runtime connects by name, a checked name is left to it, and an allowed one is not looked up", async () => {
  const looked: string[] = [];
  const resolve = async (host: string) => {
    looked.push(host);
    return ["93.184.216.34"];
  };
  const { check } = createHostPolicy({ resolve, connectsByName: true, allow: ["inside.test"] });
  expect(await check("mail.test", 587)).toBeUndefined();
  expect(await check("inside.test", 587)).toBeUndefined();
  expect(await check("8.8.8.8", 587)).toEqual(["8.8.8.8"]);
  expect(looked).toEqual(["mail.test"]);
});

describe("the Worker", () => {
  test("asks its resolver before it connects, refuses names that lead inside, and draws no map", async () => {
    await using smtp = await startSmtpServer();
    await using resolver = await startDohServer(ZONE);
    const entry = await startWorkersEntry(smtp, { variables: { EDGEPOST_RESOLVER: resolver.url } });
    onTestFinished(() => entry[Symbol.asyncDispose]());
    const verify = (host: string) => entry.request("POST", "/v1/connections/verify", { host });

    const open = await verify("mail.public.test");
    expect(open.body.stages[0]).toMatchObject({ stage: "resolve", ok: true });
    expect([...resolver.asked].sort()).toEqual(["mail.public.test A", "mail.public.test AAAA"]);

    const details = new Set<string>();
    for (const name of [...Object.keys(ZONE).slice(1), "nobody.public.test"]) {
      const { body } = await verify(name);
      expect(body, name).toMatchObject({ ok: false, stages: [{ stage: "resolve", ok: false }] });
      details.add(body.stages[0].problem.detail);
      const stored = await entry.request("POST", "/v1/connections", { name: "inside", host: name });
      expect(stored).toMatchObject({ status: 422, body: { errors: [{ pointer: "/host" }] } });
    }
    expect(details.size).toBe(1);
    expect(smtp.connections).toBe(0);
  });
});
