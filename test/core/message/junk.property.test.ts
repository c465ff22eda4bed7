import { isMailError } from "@edgepost/core";
import fc from "fast-check";
import { expect, it } from "vitest";
import { parseMessage } from "../../../packages/core/src/message/normalize.ts";
import { CONTEXT, deepFreeze, MESSAGE } from "./message.ts";

const FIELDS = [
  ..."from sender replyTo to cc bcc subject text html amp calendar alternatives attachments headers messageId date".split(
    " ",
  ),
  ..."inReplyTo references priority listUnsubscribe autoSubmitted dsn requireTls envelope raw textFromHtml".split(" "),
  ..."inlineDataImages variables name address email filename contentType content url path encoding contentId".split(
    " ",
  ),
  ..."disposition method attach mailto oneClick notify return envelopeId originalRecipient X-Header".split(" "),
];
const junk = fc.anything({
  key: fc.constantFrom(...FIELDS),
  withBigInt: true,
  withDate: true,
  withMap: true,
  withNullPrototype: true,
  withObjectString: true,
  withSet: true,
  withSparseArray: true,
  withTypedArray: true,
  maxDepth: 4,
});

it("whatever is put into the fields of a message, it is a message or one typed error with issues, and unchanged", () => {
  const message = fc
    .dictionary(fc.constantFrom(...FIELDS), junk, { maxKeys: 4 })
    .map((fields) => ({ ...MESSAGE, ...fields }));
  fc.assert(
    fc.property(message, (input) => {
      try {
        parseMessage(deepFreeze(input) as never, CONTEXT);
      } catch (error) {
        if (!isMailError(error)) throw error;
        expect(error.code).toBe("invalid-message");
        expect(error.issues?.length).toBeGreaterThan(0);
        for (const { path } of error.issues ?? []) expect(path).not.toMatch(/[\r\n\0]/);
      }
    }),
    { numRuns: 3000 },
  );
});
