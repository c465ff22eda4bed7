import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, onTestFinished, test } from "vitest";
import { GroupCommit } from "../../../packages/server/src/store/group-commit.ts";
import { temporaryFolder } from "./drivers.ts";

const INSERT = "INSERT INTO a (x) VALUES (?)";

function open() {
  const database = new DatabaseSync(join(temporaryFolder(), "edgepost.db"));
  onTestFinished(() => database.close());
  database.exec("CREATE TABLE a (x INTEGER PRIMARY KEY)");
  const rows = () =>
    database
      .prepare("SELECT x FROM a ORDER BY x")
      .all()
      .map(({ x }) => x);
  return { database, commits: new GroupCommit(database, (sql) => database.prepare(sql)), rows };
}

test("writes of one turn are one transaction, each with its own number of changed rows", async () => {
  const { commits, rows } = open();
  const writes = [
    commits.write([[INSERT, 1]]),
    commits.write([[INSERT, 2]]),
    commits.write([["DELETE FROM a WHERE x >= ?", 1]]),
  ];
  expect(rows()).toEqual([]);
  expect(await Promise.all(writes)).toEqual([[1], [1], [2]]);
});

test("a write that fails fails alone", async () => {
  const { commits, rows } = open();
  const writes = [commits.write([[INSERT, 1]]), commits.write([[INSERT, 1]]), commits.write([[INSERT, 2]])];
  expect((await Promise.allSettled(writes)).map(({ status }) => status)).toEqual([
    "fulfilled",
    "rejected",
    "fulfilled",
  ]);
  expect(rows()).toEqual([1, 2]);
});

test("a write of several steps does all of them or none, whatever others of the group do", async () => {
  const { commits, rows } = open();
  const writes = [
    commits.write([[INSERT, 1]]),
    commits.write([
      [INSERT, 2],
      [INSERT, 1],
    ]),
    commits.write([
      [INSERT, 3],
      ["DELETE FROM a WHERE x < ?", 3],
    ]),
  ];
  const outcomes = await Promise.allSettled(writes);
  expect(outcomes.map((outcome) => (outcome.status === "fulfilled" ? outcome.value : "undone"))).toEqual([
    [1],
    "undone",
    [1, 1],
  ]);
  expect(rows()).toEqual([3]);
});

test("when the group cannot be committed, nobody is told that it was, and the next group can be", async () => {
  const { database, commits, rows } = open();
  database.exec("PRAGMA foreign_keys = ON; CREATE TABLE b (x REFERENCES a (x) DEFERRABLE INITIALLY DEFERRED)");
  const writes = [commits.write([[INSERT, 1]]), commits.write([["INSERT INTO b (x) VALUES (9)"]])];
  expect((await Promise.allSettled(writes)).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  expect(rows()).toEqual([]);
  expect(await commits.write([[INSERT, 1]])).toEqual([1]);
});

test("what waits when the file is closed is on the disk", async () => {
  const { commits, rows } = open();
  const write = commits.write([[INSERT, 1]]);
  commits.flush();
  expect(rows()).toEqual([1]);
  expect(await write).toEqual([1]);
});

test("on a full disk a write is told to be done exactly when it is, and writing goes on when there is room", async () => {
  const { database, commits, rows } = open();
  database.exec("CREATE TABLE blobs (x BLOB)");
  const { page_count: pages } = database.prepare("PRAGMA page_count").get() ?? {};
  database.exec(`PRAGMA max_page_count = ${Number(pages) + 2}`);
  const large = (x: number) => commits.write([[INSERT, x], ["INSERT INTO blobs (x) VALUES (zeroblob(1000000))"]]);
  const writes = [commits.write([[INSERT, 1]]), large(2), commits.write([[INSERT, 3]]), large(4)];
  const outcomes = await Promise.allSettled(writes);
  const done = outcomes.flatMap(({ status }, index) => (status === "fulfilled" ? [index + 1] : []));
  expect(done).not.toContain(2);
  expect(done).not.toContain(4);
  expect(rows()).toEqual(done);
  database.exec("PRAGMA max_page_count = 100000");
  expect(await large(5)).toEqual([1, 1]);
});
