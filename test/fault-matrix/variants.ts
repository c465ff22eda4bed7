import type { Moment } from "./plan.ts";
import { SCENES } from "./scenes.ts";

/** What a server offers and a message is like, as far as the client's way through the session depends on it. */
export interface Variant {
  readonly security: "none" | "starttls" | "implicit";
  readonly pipelining: boolean;
  readonly chunking: boolean;
  /** The message is read while it is sent. */
  readonly streamed: boolean;
}

const MOMENTS = Object.keys(SCENES) as Moment[];

/** Before MAIL it makes no difference what a server can do with messages. */
const IS_BEFORE_MAIL: ReadonlySet<Moment> = new Set(MOMENTS.slice(0, MOMENTS.indexOf("MAIL")));

/** The ways through a moment that differ. */
export function variantsOf(moment: Moment, security: Variant["security"]): readonly Variant[] {
  const simple: Variant = { security, pipelining: false, chunking: false, streamed: false };
  if (IS_BEFORE_MAIL.has(moment)) return [simple];
  const byData = [simple, { ...simple, pipelining: true }];
  if (moment === "DATA") return byData;
  const all = [...byData, { ...simple, chunking: true }, { ...simple, pipelining: true, chunking: true }];
  return moment === "body" ? all.flatMap((variant) => [variant, { ...variant, streamed: true }]) : all;
}
