/** A media type taken apart (RFC 2045 section 5.1). */
export interface MediaType {
  /** `type/subtype`, lower case. */
  readonly type: string;
  /** In the order they were written: names in lower case, values without their quotes. */
  readonly parameters: readonly (readonly [name: string, value: string])[];
}

/** Type and subtype (RFC 6838 section 4.2). */
const TYPE = /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+/;
/** A parameter: its value is a token, or a quoted string. */
const PARAMETER = /[ \t]*;[ \t]*([\w!#$&^.+-]+)=(?:([\w!#$%&'*+.^`{|}~-]+)|"((?:[^"\\\r\n\0]|\\[^\r\n\0])*)")/y;

/** Takes `text/calendar; method=REQUEST` apart; `undefined` when it is no media type. */
export function parseMediaType(text: string): MediaType | undefined {
  const [type] = TYPE.exec(text) ?? [];
  if (type === undefined) return undefined;
  const parameters: [string, string][] = [];
  PARAMETER.lastIndex = type.length;
  for (let at = type.length; at < text.length; at = PARAMETER.lastIndex) {
    const [, name, token, quoted = ""] = PARAMETER.exec(text) ?? [];
    if (name === undefined) return undefined;
    parameters.push([name.toLowerCase(), token ?? quoted.replace(/\\(.)/g, "$1")]);
  }
  return { type: type.toLowerCase(), parameters };
}
