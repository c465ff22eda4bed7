import { expect, test } from "vitest";
import { Trace } from "../../../packages/core/src/smtp/trace.ts";

test("tells the dialogue as it was", () => {
  const heard: string[] = [];
  const trace = new Trace((line) => heard.push(line));
  trace.add({ code: 220, text: "ready" });
  trace.add("EHLO me");
  trace.add({ code: 250, text: "mail.example\nPIPELINING" });
  trace.add({ code: 550, enhancedCode: "5.1.1", text: "no\nuser" });
  trace.add({ code: 354, text: "" });
  const lines = [
    "S: 220 ready",
    "C: EHLO me",
    "S: 250-mail.example",
    "S: 250 PIPELINING",
    "S: 550-5.1.1 no",
    "S: 550 5.1.1 user",
    "S: 354",
  ];
  expect(heard).toEqual(lines);
  expect(trace.lines()).toEqual(lines);
});

test("remembers the last twenty lines", () => {
  const trace = new Trace(undefined);
  for (let count = 1; count <= 50; count++) trace.add(`NOOP ${count}`);
  expect(trace.lines()).toEqual(Array.from({ length: 20 }, (_, index) => `C: NOOP ${index + 31}`));
  trace.add({ code: 250, text: Array.from({ length: 30 }, (_, index) => `KEYWORD${index}`).join("\n") });
  expect(trace.lines()).toHaveLength(20);
  expect(trace.lines().at(-1)).toBe("S: 250 KEYWORD29");
});

test("an observer that fails breaks nothing", () => {
  const trace = new Trace(() => {
    throw new Error("disk full");
  });
  trace.add("QUIT");
  expect(trace.lines()).toEqual(["C: QUIT"]);
});

test("shows no more of a line than somebody would read", () => {
  const trace = new Trace(undefined);
  trace.add({ code: 550, text: `${"x".repeat(60_000)}\n${"y".repeat(60_000)}` });
  expect(trace.lines()).toEqual([`S: 550-${"x".repeat(1_000)}…`, `S: 550 ${"y".repeat(1_000)}…`]);
});
