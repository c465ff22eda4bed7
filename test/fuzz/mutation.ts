import type { Dice } from "../support/dice.ts";

/** What a server says in place of the right reply, or does to the connection. */
export type Mutation = { readonly say: string } | "reset" | "close";

const REFUSALS = [421, 450, 452, 454, 500, 504, 530, 535, 550, 552, 554] as const;
const LINE_ENDS = ["\n", "\r", "\r\r\n"] as const;

/** Something no server should say where it owes the right reply. */
export function mutate(right: string, dice: Dice): Mutation {
  const mutations: readonly [() => Mutation, ...(() => Mutation)[]] = [
    () => "reset",
    () => "close",
    () => ({ say: "" }),
    () => ({ say: right + right }),
    () => ({ say: right + anyReply(dice) }),
    () => ({ say: right.slice(0, dice.below(right.length)) }),
    () => ({ say: right + noise(dice) }),
    () => ({ say: noise(dice) }),
    () => ({ say: anyReply(dice) }),
    () => ({ say: `${dice.pick(REFUSALS)} no\r\n` }),
    () => ({ say: `250-${"x".repeat(dice.below(200))}\r\n`.repeat(dice.below(12)) + right }),
    () => ({ say: right.replaceAll("\r\n", dice.pick(LINE_ENDS)) }),
  ];
  return dice.pick(mutations)();
}

export function anyReply(dice: Dice): string {
  return `${200 + dice.below(400)} ${dice.pick(["", "4.5.3 ", "5.1.1 "])}odd\r\n`;
}

export function noise(dice: Dice): string {
  return Array.from({ length: dice.below(60) }, () => String.fromCharCode(dice.below(256))).join("");
}

/** What a server has said, as any reader of RFC 5321 section 4.2 understands it. */
export interface Understood {
  /** The code of the reply it begins with; `undefined` when that is none, or not a whole one. */
  readonly code: number | undefined;
  /** Another reply follows in full: from here on nobody can tell which answers what. */
  readonly isMany: boolean;
}

export function understand(said: string): Understood {
  const first = /^(?:[2-5]\d\d-[^\n]*\n)*([2-5]\d\d)(?: [^\n]*|\r*)\n/.exec(said);
  const lines = first?.[0].trimEnd().split("\n") ?? [];
  const code = first?.[1];
  if (first === null || !lines.every((line) => line.startsWith(code ?? ""))) return { code: undefined, isMany: false };
  return { code: Number(code), isMany: /^[2-5]\d\d(?: [^\n]*|\r*)\n/m.test(said.slice(first[0].length)) };
}
