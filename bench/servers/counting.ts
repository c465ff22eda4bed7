import { LETTER_OCTETS } from "../work/sending.ts";

/** A server that knows what it has received. */
export interface CountingServer {
  readonly port: number;
  /** Since it was started. */
  received(): Promise<Received>;
  stop(): Promise<void>;
}

export interface Received {
  readonly messages: number;
  /** All octets of clients, or at least those of their messages. */
  readonly octets: number;
}

/** Headers, envelope, encoding: no client needs more than this for a letter. */
const MOST_OCTETS = 2.5 * LETTER_OCTETS;

/** Called after each turn: throws unless just so many letters have arrived since the last time, in their full size. */
export async function createCheck(
  server: CountingServer,
): Promise<(contender: string, messages: number) => Promise<void>> {
  let before = await server.received();
  return async (contender, messages) => {
    const after = await server.received();
    const arrived = after.messages - before.messages;
    const octets = (after.octets - before.octets) / messages;
    before = after;
    if (arrived === messages && octets >= LETTER_OCTETS && octets <= MOST_OCTETS) return;
    throw new Error(`${contender}: ${arrived} of ${messages} messages arrived, of ${Math.round(octets)} octets each.`);
  };
}
