import { expect, test } from "vitest";
import { pointerOf, toPath, toPointer } from "../../packages/server/src/http/json-pointer.ts";

test.each([
  ["", ""],
  ["subject", "/subject"],
  ["to[2].address", "/to/2/address"],
  ['headers["X.Odd[0]"]', "/headers/X.Odd[0]"],
  ['headers["a \\"quoted\\" / name"][1]', '/headers/a "quoted" ~1 name/1'],
  ['attachments["caf\\u00e9~.pdf"]', "/attachments/café~0.pdf"],
])("the path %j is the pointer %j", (path, pointer) => {
  expect(toPointer(path)).toBe(pointer);
});

test("steps that hold the signs of a pointer are escaped", () => {
  expect(pointerOf(["a/b", 0, "c~d"])).toBe("/a~1b/0/c~0d");
});

test.each(["", "subject", "to[2].address", 'headers["X.Odd[0]"]', 'attachments["a / b~c.pdf"][1]'])(
  "the path %j comes back from its pointer",
  (path) => {
    expect(toPath(toPointer(path))).toBe(path);
  },
);
