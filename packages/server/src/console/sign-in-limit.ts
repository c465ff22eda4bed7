import type { Context } from "hono";
import { clientAddress } from "../http/client-address.ts";
import { RequestProblem } from "../http/problem.ts";
import { countInWindows } from "../http/windows.ts";

const PER_MS = 60_000;
/** Of one address: nobody mistypes what he pastes this often. */
const TRIES_PER_ADDRESS = 10;
/** Of all of them together. Keys are too long to be guessed; this bounds the work of those who try. */
const TRIES_IN_ALL = 300;

/** Counts who tries to sign in, by address and in all. Each process, and each isolate at the edge, counts for itself. */
export function createSignInLimit(clock: () => Date): (c: Context) => void {
  const count = countInWindows(PER_MS, clock);

  return (c) => {
    const own = count(`address ${clientAddress(c)}`);
    const all = count("all");
    const isOver = own.total > TRIES_PER_ADDRESS || all.total > TRIES_IN_ALL;
    if (!isOver) return;
    const seconds = Math.ceil(Math.max(own.endsInMs, all.endsInMs) / 1000);
    const headers = { "retry-after": String(seconds) };
    throw new RequestProblem("rate-limited", `Too many tries to sign in. Try again in ${seconds} s.`, { headers });
  };
}
