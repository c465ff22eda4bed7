import { boundaryOf, type MultipartLimits, type Part, readMultipart } from "../http/multipart.ts";
import { RequestProblem } from "../http/problem.ts";

/** What somebody filled in. */
export interface Form {
  /** The value of a field as it was typed, without the spaces around it; empty when it is not there. */
  text(name: string): string;
  /** The same with every space, for passwords and messages, which may begin or end with one. */
  exact(name: string): string;
  /** Every value of a field: of checkboxes, those that were ticked. */
  all(name: string): readonly string[];
  /** Files that were chosen in a field. */
  files(name: string): readonly Part[];
}

/** Of a form without files and with every checkbox ticked; a hundred keys and connections more. */
const MAX_FIELDS = 200;

/** Reads a form of the console: all of them are `multipart/form-data`, so that there is one reader, and it has limits. */
export async function readForm(request: Request, limits: Pick<MultipartLimits, "maxBodyBytes">): Promise<Form> {
  const boundary = boundaryOf(request.headers.get("content-type") ?? "");
  if (boundary === undefined || request.body === null) {
    throw new RequestProblem("unsupported-media-type", "Send the form as multipart/form-data.");
  }
  return toForm(await readMultipart(request.body, boundary, { ...limits, maxParts: MAX_FIELDS }));
}

/** A form nobody has filled in yet, with what it begins with. */
export function startForm(values: Readonly<Record<string, string | readonly string[]>>): Form {
  const all = (name: string): readonly string[] => [values[name] ?? []].flat();
  const exact = (name: string) => all(name)[0] ?? "";
  return { exact, text: (name) => exact(name).trim(), all, files: () => [] };
}

function toForm(parts: readonly Part[]): Form {
  const named = (name: string) => parts.filter((part) => part.name === name);
  const all = (name: string) =>
    named(name)
      .filter((part) => part.filename === undefined)
      .map(decode);
  const exact = (name: string) => all(name)[0] ?? "";
  return {
    exact,
    text: (name) => exact(name).trim(),
    all,
    // A field where nothing was chosen is sent as a file without a name.
    files: (name) => named(name).filter(({ filename }) => filename !== undefined && filename !== ""),
  };
}

/** Browsers send line breaks as CRLF, whatever was typed. */
function decode({ content }: Part): string {
  return new TextDecoder().decode(content.bytes()).replaceAll("\r\n", "\n");
}
