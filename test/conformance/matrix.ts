import { servers } from "./servers.ts";
import { sinkStories } from "./sink-stories.ts";
import { stories } from "./stories.ts";
import type { ExpectedMail, ExpectedOutcome, Story, Trait } from "./story.ts";

/** A story told by one transport to one server. */
export interface Cell {
  readonly transport: string;
  readonly server: string;
  readonly story: Story;
}

interface Reason {
  readonly why: string;
  applies(cell: Cell): boolean;
}

/** Cells that do not exist, and why. Nothing is left out without a line here. */
export const REASONS: readonly Reason[] = [
  {
    why: "memoryTransport has no server, and needs none",
    applies: ({ transport, server }) => (transport === "memoryTransport") !== (server === "memory"),
  },
  {
    why: "the story is one of smtp-sink's options",
    applies: ({ server, story }) => story.sinkFlags !== undefined && server !== "smtp-sink",
  },
  lacking("smtp-sink", "tls", "TLS"),
  lacking("smtp-sink", "login", "accounts"),
  lacking("smtp-sink", "refuses", "recipients it refuses"),
  lacking("smtp-sink", "SIZE", "limit"),
  lacking("smtp-sink", "SMTPUTF8", "SMTPUTF8"),
  {
    why: "memory has no connection, and so none that could fail",
    applies: ({ server, story }) => server === "memory" && (story.way !== undefined || has(story.needs, "login")),
  },
  {
    why: "the server offers what the story wants missing",
    applies: ({ server, story }) =>
      servers.some(({ name, traits }) => name === server && story.lacks?.some((trait) => traits.has(trait))),
  },
];

function lacking(server: string, trait: Trait, what: string): Reason {
  return {
    why: `${server} has no ${what}`,
    applies: (cell) => cell.server === server && has(cell.story.needs, trait),
  };
}

function has(traits: readonly Trait[] = [], trait: Trait): boolean {
  return traits.includes(trait);
}

/** The cells of these transports, and how many do not exist for each reason. */
export function cellsOf(transports: readonly string[]): { cells: Cell[]; leftOut: ReadonlyMap<string, number> } {
  const cells: Cell[] = [];
  const leftOut = new Map<string, number>();
  for (const transport of transports) {
    for (const { name: server } of servers) {
      for (const story of [...stories, ...sinkStories]) {
        const cell = { transport, server, story };
        const reason = REASONS.find(({ applies }) => applies(cell));
        if (reason === undefined) cells.push(cell);
        else leftOut.set(reason.why, (leftOut.get(reason.why) ?? 0) + 1);
      }
    }
  }
  return { cells, leftOut };
}

/** What a transport does otherwise, as its documentation says. */
export function outcomesOf({ transport, server, story }: Cell): readonly ExpectedOutcome[] {
  if (transport === "workerMailerTransport") {
    return (server === "Exim" ? WORKER_MAILER_TO_EXIM : WORKER_MAILER)[story.story] ?? story.outcomes;
  }
  return transport.startsWith("withFailover") ? story.outcomes.map(afterDeadServer) : story.outcomes;
}

/** The dead server may come back, and take the message: unless another has refused the message itself. */
function afterDeadServer(outcome: ExpectedOutcome): ExpectedOutcome {
  const isAnswer = "receipt" in outcome || ANSWERS.includes(outcome.error.code);
  return isAnswer ? outcome : { error: { ...outcome.error, retryable: true } };
}

const ANSWERS = ["sender-rejected", "recipients-rejected", "message-rejected", "delivery-unknown", "closed"];

const unsupported: readonly ExpectedOutcome[] = [{ error: { code: "unsupported", phase: "input", retryable: false } }];

/** It sends no streams, knows neither SMTPUTF8 nor ORCPT, and learns of a limit when the message is there. */
const WORKER_MAILER: Readonly<Record<string, readonly ExpectedOutcome[]>> = {
  "keeps every octet of a streamed attachment of five megabytes": unsupported,
  "gives up a stream that becomes too large for the server": unsupported,
  "stops when the server has had enough of a message that does not end": unsupported,
  "writes to an address outside ASCII": [{ error: { code: "smtputf8-unsupported", phase: "input" } }],
  "asks for a delivery report": [{ receipt: { downgrades: ["orcpt"] } }],
  "does not begin a message the server finds too large": [{ error: { code: "message-too-large", phase: "body" } }],
};

/** Behind the message, Exim says 552 without the 5.3.4 that would tell a limit from a full mailbox. */
const WORKER_MAILER_TO_EXIM: typeof WORKER_MAILER = {
  ...WORKER_MAILER,
  "does not begin a message the server finds too large": [{ error: { code: "message-rejected", phase: "body" } }],
};

/** The stories an exception is made from. */
export const EXCEPTIONS: readonly string[] = Object.keys(WORKER_MAILER);

/** What must have arrived: nothing of what a transport refuses to send. */
export function arrivalsOf(cell: Cell): readonly ExpectedMail[] | "unknown" {
  const isSent = outcomesOf(cell).some((outcome) => "receipt" in outcome);
  return isSent || cell.story.arrives === "unknown" ? (cell.story.arrives ?? []) : [];
}
