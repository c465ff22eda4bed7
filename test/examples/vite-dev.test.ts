import { expect, test } from "vitest";
import { openExample } from "./example.ts";

test("vite-dev sends from a development server in Node, by the import that Workers use", async () => {
  const { inbox, start } = await openExample("vite-dev");
  const [, url] = await start("npx vite", /Local:\s+(http:\S+)/, { more: "--port 0" });
  const response = await fetch(`${url}api/hello`);
  expect(await response.json()).toMatchObject({ accepted: ["ada@example.com"], rejected: [] });
  expect(inbox.received[0]?.text).toContain("Subject: Hello from /api/hello\r\n");
});
