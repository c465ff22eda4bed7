/**
 * SASLprep (RFC 4013), as a query (RFC 3454 section 7): code points that Unicode 3.2 did not know pass. SCRAM prepares
 * user name and password with it, so that both sides hash the same bytes whichever keyboard wrote them.
 *
 * The mapping and the prohibited code points are complete. Two large tables are not carried: NFKC is the runtime's, of
 * its own Unicode version, and the right-to-left rule knows letters by their script instead of by tables D.1 and D.2,
 * which leaves out digits, signs and marks that count as left-to-right.
 *
 * @returns `undefined` when the string holds something that SASLprep prohibits.
 */
export function saslPrep(text: string): string | undefined {
  if (/^[\x20-\x7e]*$/.test(text)) return text;
  const prepared = text.replace(NON_ASCII_SPACE, " ").replace(MAPPED_TO_NOTHING, "").normalize("NFKC");
  return PROHIBITED.test(prepared) || mixesDirections(prepared) ? undefined : prepared;
}

/** RFC 3454 table C.1.2. U+200B stands in table B.1 too; the space comes first in RFC 4013. */
const NON_ASCII_SPACE = /[\u00a0\u1680\u2000-\u200b\u202f\u205f\u3000]/g;

/** RFC 3454 table B.1. */
const MAPPED_TO_NOTHING = /[\u034f\u180b-\u180d\ufe00-\ufe0f\u00ad\u1806\u200c-\u200d\u2060\ufeff]/g;

/** RFC 3454 tables C.2.1 to C.9; C.3, C.4 and C.5 are private use, noncharacters and surrogates. */
const PROHIBITED =
  /[\u0340\u0341\0-\x1f\x7f-\x9f\u06dd\u070f\u180e\u200c-\u200f\u2028-\u202e\u2060-\u2063\u206a-\u206f\u2ff0-\u2ffb\ufeff\ufff9-\ufffd\u{1d173}-\u{1d17a}\u{e0001}\u{e0020}-\u{e007f}]|\p{Private_Use}|\p{Noncharacter_Code_Point}|\p{Surrogate}/u;

const RIGHT_TO_LEFT = /[\u061b\u061f\u0640\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}]/u;

/** RFC 3454 section 6: with one right-to-left letter, no left-to-right letter, and right-to-left at both ends. */
function mixesDirections(text: string): boolean {
  const directions = Array.from(text, (character) => {
    if (!/[\p{Letter}\p{Punctuation}]/u.test(character)) return "neutral";
    if (RIGHT_TO_LEFT.test(character)) return "right-to-left";
    return /\p{Letter}/u.test(character) ? "left-to-right" : "neutral";
  });
  if (!directions.includes("right-to-left")) return false;
  return (
    directions.includes("left-to-right") || directions[0] !== "right-to-left" || directions.at(-1) !== "right-to-left"
  );
}
