/** Longer names are not compared: the cost grows with the square, and nobody mistypes a name of that length. */
const MAX_NAME_LENGTH = 40;

/** The known name that was probably meant: two typing mistakes at most, letter case aside. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  if (name.length > MAX_NAME_LENGTH) return undefined;
  let nearest: string | undefined;
  let fewest = Math.min(3, name.length);
  for (const candidate of known) {
    const mistakes = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (mistakes < fewest) [nearest, fewest] = [candidate, mistakes];
  }
  return nearest;
}

/** Levenshtein's: letters added, left out or changed. */
function editDistance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, column) => column);
  for (let line = 1; line <= left.length; line++) {
    const next = [line];
    for (let column = 1; column <= right.length; column++) {
      const changed = (row[column - 1] ?? 0) + (left[line - 1] === right[column - 1] ? 0 : 1);
      next.push(Math.min(changed, (row[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[right.length] ?? 0;
}
