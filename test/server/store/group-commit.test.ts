import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, onTestFinished, test } from "vitest";
import { GroupCommit } from "../../../packages/server/src/store/group-commit.ts";
import { temporaryFolder } from "./drivers.ts";

function open() {
  const database = new DatabaseSync(join(temporaryFolder(), "edgepost.db"));
  onTestFinished(() => database.close());
  database.exec("CREATE TABLE a (x INTEGER PRIMARY KEY)");
  const insert = database.prepare("INSERT INTO a (x) VALUES (?)");
  const rows = () =>
    database
      .prepare("SELECT x FROM a ORDER BY x")
      .all()
      .map(({ x }) => x);
  return { database, commits: new GroupCommit(database), insert, rows };
}

test("writes of one turn are one transaction, each with its own number of changed rows", async () => {
  const { database, commits, insert, rows } = open();
  const several = database.prepare("DELETE FROM a WHERE x >= ?");
  const writes = [commits.write(insert, [1]), commits.write(insert, [2]), commits.write(several, [1])];
  expect(rows()).toEqual([]);
  expect(await Promise.all(writes)).toEqual([1, 1, 2]);
});

test("a write that fails fails alone", async () => {
  const { commits, insert, rows } = open();
  const writes = [commits.write(insert, [1]), commits.write(insert, [1]), commits.write(insert, [2])];
  expect((await Promise.allSettled(writes)).map(({ status }) => status)).toEqual([
    "fulfilled",
    "rejected",
    "fulfilled",
  ]);
  expect(rows()).toEqual([1, 2]);
});

test("when the group cannot be committed, nobody is told that it was, and the next group can be", async () => {
  const { database, commits, insert, rows } = open();
  database.exec("PRAGMA foreign_keys = ON; CREATE TABLE b (x REFERENCES a (x) DEFERRABLE INITIALLY DEFERRED)");
  const orphan = database.prepare("INSERT INTO b (x) VALUES (9)");
  const writes = [commits.write(insert, [1]), commits.write(orphan, [])];
  expect((await Promise.allSettled(writes)).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  expect(rows()).toEqual([]);
  expect(await commits.write(insert, [1])).toBe(1);
});

test("what waits when the file is closed is on the disk", async () => {
  const { commits, insert, rows } = open();
  const write = commits.write(insert, [1]);
  commits.flush();
  expect(rows()).toEqual([1]);
  expect(await write).toBe(1);
});
