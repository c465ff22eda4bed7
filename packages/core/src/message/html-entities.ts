/** Letters with a mark: `eacute` is an e with an acute, and Unicode composes the two. */
const MARKS: Readonly<Record<string, string>> = {
  grave: "\u0300",
  acute: "\u0301",
  circ: "\u0302",
  tilde: "\u0303",
  uml: "\u0308",
  ring: "\u030a",
  caron: "\u030c",
  cedil: "\u0327",
};

/** The others that programs write into mail. */
const CHARACTERS: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  nbsp: "\xa0",
  shy: "\xad",
  zwnj: "\u200c",
  copy: "©",
  reg: "®",
  trade: "™",
  hellip: "…",
  ndash: "–",
  mdash: "—",
  lsquo: "‘",
  rsquo: "’",
  sbquo: "‚",
  ldquo: "“",
  rdquo: "”",
  bdquo: "„",
  laquo: "«",
  raquo: "»",
  bull: "•",
  middot: "·",
  euro: "€",
  pound: "£",
  yen: "¥",
  cent: "¢",
  sect: "§",
  deg: "°",
  plusmn: "±",
  times: "×",
  frac12: "½",
  iexcl: "¡",
  iquest: "¿",
  szlig: "ß",
  aelig: "æ",
  AElig: "Æ",
  oslash: "ø",
  Oslash: "Ø",
  larr: "←",
  rarr: "→",
};

/** Numbers from 128 on that are controls in Unicode, and what programs for Windows mean by them (as browsers read them). */
const WINDOWS_1252 = "€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ";

/** Decodes character references: numeric ones, and the named ones that mail uses. Others stay as they stand. */
export function decodeEntities(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#x([\da-f]{1,6})|([a-z]\w{1,7}));/gi, decode);
}

function decode(reference: string, decimal?: string, hexadecimal?: string, name = ""): string {
  if (name === "") return character(decimal === undefined ? Number.parseInt(hexadecimal ?? "", 16) : Number(decimal));
  const mark = own(MARKS, name.slice(1));
  return own(CHARACTERS, name) ?? (mark === undefined ? reference : (name.charAt(0) + mark).normalize("NFC"));
}

function character(code: number): string {
  const isCharacter = code > 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
  return isCharacter ? (WINDOWS_1252[code - 0x80] ?? String.fromCodePoint(code)) : "\ufffd";
}

/** Every object has a `valueOf`, which is no entity. */
function own(table: Readonly<Record<string, string>>, name: string): string | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}
