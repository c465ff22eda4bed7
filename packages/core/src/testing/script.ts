/** One thing a scripted server does; `line` is its place in the script, counted from 1. */
export type Step =
  | { readonly kind: "say"; readonly line: number; readonly bytes: Uint8Array }
  | { readonly kind: "expect"; readonly line: number; readonly bytes: Uint8Array }
  | { readonly kind: "endless"; readonly line: number; readonly bytes: Uint8Array }
  | {
      readonly kind: "expect-data" | "starttls" | "close" | "reset" | "stall" | "ignore" | "interrupt";
      readonly line: number;
    };

export interface ScriptValues {
  /** What `<message>`, `<data>` and `<size>` stand for: the message as `mail.bytes()` gives it. */
  readonly message?: Uint8Array | undefined;
}

const DIRECTIVES = ["starttls", "close", "reset", "stall", "ignore", "interrupt"] as const;
const NEXT_CONNECTION = "next connection";

/** Reads a script into its connections. Lines of one side that follow each other stay separate steps. */
export function parseScript(script: string, values: ScriptValues): Step[][] {
  const connections: Step[][] = [[]];
  for (const [index, written] of script.split(/\r?\n/).entries()) {
    const text = written.trimStart();
    if (text === "" || text.startsWith("#")) continue;
    if (text.trimEnd() === `-- ${NEXT_CONNECTION} --`) {
      connections.push([]);
      continue;
    }
    const steps = connections.at(-1) ?? [];
    const before = steps.at(-1);
    if (before !== undefined && endsConnection(before)) {
      throw new Error(`Line ${index + 1} of the script is never reached: "${before.kind}" ends the connection.`);
    }
    steps.push(parseLine(text, index + 1, values));
  }
  return connections;
}

/** After such a step there is nothing left to say, and nobody to listen to. */
export function endsConnection({ kind }: Step): boolean {
  return kind === "close" || kind === "reset" || kind === "stall" || kind === "ignore" || kind === "endless";
}

function parseLine(text: string, line: number, values: ScriptValues): Step {
  const spoken = /^([CS])([:=]) ?(.*)$/s.exec(text);
  if (spoken !== null) {
    const [, side, form, content = ""] = spoken;
    if (side === "S") return { kind: "say", line, bytes: form === ":" ? encodeLine(content) : unescapeBytes(content) };
    if (content === "<data>" && values.message === undefined) return { kind: "expect-data", line };
    return { kind: "expect", line, bytes: form === ":" ? expectedLine(content, line, values) : unescapeBytes(content) };
  }
  const endless = /^-- endless (.+) --$/.exec(text.trimEnd());
  if (endless !== null) return { kind: "endless", line, bytes: unescapeBytes(endless[1] ?? "") };
  const directive = DIRECTIVES.find((name) => text.trimEnd() === `-- ${name} --`);
  if (directive === undefined)
    throw new Error(`Line ${line} of the script is neither S:, C:, nor a directive: ${text}`);
  return { kind: directive, line };
}

function expectedLine(content: string, line: number, { message }: ScriptValues): Uint8Array {
  if (!/<(?:message|data|size)>/.test(content)) return encodeLine(content);
  if (message === undefined) throw new Error(`Line ${line} of the script needs the option "message": ${content}`);
  if (content === "<message>") return message;
  if (content === "<data>") return stuffDots(message);
  return encodeLine(content.replaceAll("<size>", String(message.length)));
}

/** As DATA carries it (RFC 5321 section 4.5.2), written here a second time: a test that borrows from what it tests proves little. */
function stuffDots(message: Uint8Array): Uint8Array {
  const stuffed: number[] = [];
  let atLineStart = true;
  for (const byte of message) {
    if (atLineStart && byte === 0x2e) stuffed.push(0x2e);
    stuffed.push(byte);
    atLineStart = byte === 0x0a;
  }
  if (!atLineStart) stuffed.push(0x0d, 0x0a);
  return Uint8Array.from([...stuffed, 0x2e, 0x0d, 0x0a]);
}

function encodeLine(text: string): Uint8Array {
  return new TextEncoder().encode(`${text}\r\n`);
}

/** `\r`, `\n`, `\t`, `\\` and `\x00` to `\xff`; everything else is UTF-8. */
function unescapeBytes(text: string): Uint8Array {
  const bytes: number[] = [];
  for (const [part] of text.matchAll(/\\x[0-9a-f]{2}|\\[rnt\\]|[^\\]+|\\/gi)) {
    if (part.startsWith("\\x")) bytes.push(Number.parseInt(part.slice(2), 16));
    else if (part.startsWith("\\") && part.length === 2) bytes.push({ r: 13, n: 10, t: 9 }[part.slice(1)] ?? 92);
    else bytes.push(...new TextEncoder().encode(part));
  }
  return Uint8Array.from(bytes);
}
