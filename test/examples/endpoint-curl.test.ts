import { simpleParser } from "mailparser";
import { expect, test } from "vitest";
import { API_KEY, startEndpoint } from "./endpoint.ts";
import { openExample } from "./example.ts";

test("endpoint-curl sends a file once, however often it is run, and shows the log of it", async () => {
  const example = await openExample("endpoint-curl");
  const env = { EDGEPOST_URL: await startEndpoint(example), EDGEPOST_API_KEY: API_KEY };
  const runs = [await example.run("./send.sh", env), await example.run("./send.sh", env)];
  for (const printed of runs) {
    const [answer, log] = printed.split("\n").map((line) => JSON.parse(line));
    expect(answer).toMatchObject({ success: true, accepted: ["ada@example.com", "grace@example.com"] });
    expect(log).toMatchObject({ id: answer.id, state: "sent", subject: "Your invoice" });
  }
  expect(example.inbox.received).toHaveLength(1);
  const parsed = await simpleParser(Buffer.from(example.inbox.received[0]?.raw ?? []));
  expect(parsed.attachments).toMatchObject([{ filename: "invoice.txt", contentType: "text/plain" }]);
  expect(parsed.attachments[0]?.content.toString()).toBe("Invoice 7: one pencil, 1.20 €\n");
});
