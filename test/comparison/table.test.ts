import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Contender } from "./contender.ts";
import { contenders } from "./contenders.ts";
import { brokenDkimKey, fewerRoundTrips, logins } from "./delivery.ts";
import { implicitTlsOnWorkers, keptOverRequests, runsOnWorkers, starttlsOnWorkers } from "./on-workers.ts";
import { kilobytesInWorker, loadsInNode, versionOf } from "./packages.ts";
import { blindCopyInHeaders, finalReplyLost, hangsUp, lineBreaks, oneRefused, starttlsTakenAway } from "./safety.ts";

// The table of the README, cell by cell: each library is run, and what it does is what the cell says.

const ROWS: Readonly<Record<string, (contender: Contender) => Promise<string>>> = {
  "Loads in Node, so in any dev server": loadsInNode,
  "Runs on Workers": runsOnWorkers,
  "– by STARTTLS": starttlsOnWorkers,
  "– by implicit TLS, to a host name": implicitTlsOnWorkers,
  "– with a client kept over requests": keptOverRequests,
  "STARTTLS taken away on the way": starttlsTakenAway,
  "Line breaks in what you pass": lineBreaks,
  "Blind copies": blindCopyInHeaders,
  "One of two recipients refused": oneRefused,
  "The server hangs up in a reply": hangsUp,
  "The final reply is lost": finalReplyLost,
  "A DKIM key that cannot sign": brokenDkimKey,
  "Logs in by": logins,
  "Saves round trips by": fewerRoundTrips,
};
const SIZE = "Adds to a Worker, gzipped";

const table = readTable(readFileSync(new URL("../../README.md", import.meta.url), "utf8"));

describe("the comparison in the README", () => {
  it("names each library with the version that is compared", async () => {
    const versions = await Promise.all(contenders.map(async (each) => `${each.name} ${await versionOf(each)}`));
    expect(table.get("")).toEqual(versions);
  });

  it("has no row that is not shown here", () => {
    expect([...table.keys()].sort()).toEqual(["", SIZE, ...Object.keys(ROWS)].sort());
  });

  const cells = Object.entries(ROWS).flatMap(([row, show]) =>
    contenders.map((contender) => ({ row, show, contender })),
  );
  it.each(cells)("is right about $contender.name: $row", async ({ row, show, contender }) => {
    expect(cell(row, contender)).toBe(await show(contender));
  });

  it.each(contenders)("is right about the size of $name, or promises too little of our own", async (contender) => {
    const shown = Number(/^(\d+) kB$/.exec(cell(SIZE, contender))?.[1]);
    const measured = await kilobytesInWorker(contender);
    if (contender.name === "edgepost") expect(measured).toBeLessThanOrEqual(shown);
    else expect(measured).toBe(shown);
  });
});

function cell(row: string, contender: Contender): string {
  return table.get(row)?.[contenders.indexOf(contender)] ?? `There is no row "${row}".`;
}

/** The cells of each row, by its title. */
function readTable(markdown: string): ReadonlyMap<string, readonly string[]> {
  const [table = ""] = /^\| +\| edgepost .*\n(?:\|.*\n)+/m.exec(markdown) ?? [];
  const rows = table.split("\n").filter((line) => /[^|\- ]/.test(line));
  return new Map(
    rows.map((row) => {
      const [title = "", ...cells] = row
        .split("|")
        .slice(1, -1)
        .map((text) => text.trim());
      return [title, cells];
    }),
  );
}
