import type { MessageInput } from "@edgepost/core";
import type { MessageContext } from "../../../packages/core/src/message/normalize.ts";

/** Surroundings that never change: with them the same input is the same message. */
export const CONTEXT: MessageContext = {
  defaults: [],
  attachments: {},
  clock: () => new Date("2026-03-01T12:00:00Z"),
  random: (bytes) => new Uint8Array(bytes).fill(0xab),
  hostname: undefined,
};

/** A message with nothing wrong and nothing special. */
export const MESSAGE = {
  from: "ada@example.com",
  to: "grace@example.com",
  subject: "Hello",
  text: "Hello, Grace.",
} satisfies MessageInput;

/** Makes a value and everything plain in it unchangeable; streams and bytes cannot be, and still work. */
export function deepFreeze<Value>(value: Value): Value {
  if (!Array.isArray(value) && Object.prototype.toString.call(value) !== "[object Object]") return value;
  if (Object(value)[Symbol.asyncIterator] !== undefined) return value;
  for (const inner of Object.values(value as object)) deepFreeze(inner);
  return Object.freeze(value);
}
