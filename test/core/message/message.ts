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

/** Makes a value and everything in it unchangeable. */
export function deepFreeze<Value>(value: Value): Value {
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return value;
  for (const inner of Object.values(value)) deepFreeze(inner);
  return Object.freeze(value);
}
