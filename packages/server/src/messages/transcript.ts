import type { OpenConnection } from "../connections/connections.ts";
import type { Services } from "../context.ts";

/** The dialogue of one attempt, as far as it is kept: credentials and the message itself never come here. */
export interface Transcript {
  /** Takes the next line, as a transport tells it. */
  readonly add: (line: string) => void;
  /** What is kept, oldest first; where lines were left out, one says how many. */
  lines(): readonly string[];
}

/** How a connection was opened: greeting, EHLO, STARTTLS, EHLO, AUTH. */
const FIRST_LINES = 40;
/** How it ended: what led to the last word. What was said of each recipient stands with the recipient. */
const LAST_LINES = 60;
/** RFC 5321 section 4.5.3.1.5 lets a reply line have 512 octets; some servers put whole pages there. */
const MAX_LINE_LENGTH = 300;

/** Undefined where nothing is kept: neither the connection nor the server says so. */
export function startTranscript(
  { keepTranscripts }: Pick<Services, "keepTranscripts">,
  { delivery }: Pick<OpenConnection, "delivery">,
): Transcript | undefined {
  return (delivery.keepTranscripts ?? keepTranscripts) ? createTranscript() : undefined;
}

/** At most 100 lines of 300 characters, whatever a server says. */
export function createTranscript(): Transcript {
  const first: string[] = [];
  const last: string[] = [];
  let leftOut = 0;
  return {
    add(line) {
      const short = line.length > MAX_LINE_LENGTH ? `${line.slice(0, MAX_LINE_LENGTH - 1)}…` : line;
      if (first.length < FIRST_LINES) return void first.push(short);
      last.push(short);
      if (last.length <= LAST_LINES) return;
      last.shift();
      leftOut++;
    },
    lines: () => [...first, ...(leftOut > 0 ? [`… ${leftOut} lines`] : []), ...last],
  };
}

/** What of it is not about the connection: from the message on, for those who may not know how connections are opened. */
export function ofTheMessage(lines: readonly string[]): readonly string[] {
  const begin = lines.findIndex((line) => line.startsWith("C: MAIL "));
  return begin === -1 ? [] : lines.slice(begin);
}
