import { ABORT, EARLY_ACCEPTANCE, type Fault } from "./faults.ts";
import type { Moment } from "./plan.ts";
import { expectedOf } from "./rules.ts";
import { SCENES } from "./scenes.ts";
import type { Outcome, Step } from "./table.ts";
import { type Variant, variantsOf } from "./variants.ts";

/** One moment of a session × one fault × one kind of server and message: what must come of it. */
export interface Cell {
  readonly moment: Moment;
  readonly fault: Fault;
  readonly variant: Variant;
  readonly expected: Outcome;
}

/** All cells over a kind of link, in the order of a session. */
export function cellsOver(security: Variant["security"]): readonly Cell[] {
  const moments = (Object.keys(SCENES) as Moment[]).filter((moment) => hasMoment(security, moment));
  const cells = moments.flatMap((moment) => cellsAt(moment, security));
  return cells.filter((cell) => !isHarmless(cell));
}

/**
 * Over TCP all there are. Over TLS those that differ from it: the rows up to AUTH, and behind them the two ends of what
 * a server may offer. Implicit TLS has a handshake of its own.
 */
export function cellsOverNetwork(): readonly Cell[] {
  const overTls = cellsOver("starttls").filter(({ variant }) => isEnd(variant));
  const overImplicitTls = cellsOver("implicit").filter(({ moment }) => moment === "handshake");
  return [...cellsOver("none"), ...overTls, ...overImplicitTls];
}

/** Nothing, or everything. */
function isEnd({ pipelining, chunking, streamed }: Variant): boolean {
  return pipelining === chunking && !streamed;
}

/** The row of the table a cell stands in. */
export function stepOf({ moment }: Cell): Step {
  return SCENES[moment].step;
}

export function nameOf({ moment, fault, variant }: Cell): string {
  const { security, pipelining, chunking, streamed } = variant;
  const traits = Object.entries({ pipelining, chunking, streamed }).flatMap(([name, has]) => (has ? [name] : []));
  return `${moment}: ${fault.name} (${[security === "none" ? "clear" : security, ...traits].join(", ")})`;
}

function cellsAt(moment: Moment, security: Variant["security"]): readonly Cell[] {
  return SCENES[moment].faults.flatMap((fault) =>
    variantsOf(moment, security).map((variant) => ({
      moment,
      fault,
      variant,
      expected: expectedOf(moment, fault, variant),
    })),
  );
}

function hasMoment(security: Variant["security"], moment: Moment): boolean {
  if (moment === "STARTTLS" || moment === "EHLO under TLS") return security === "starttls";
  return moment !== "handshake" || security !== "none";
}

/** To one of several chunks a 250 is the right answer; and nobody can give up what nobody waits for. */
function isHarmless({ moment, fault, variant }: Cell): boolean {
  if (fault === ABORT) return moment === "RSET" || moment === "QUIT";
  return fault === EARLY_ACCEPTANCE && variant.chunking && variant.streamed;
}
