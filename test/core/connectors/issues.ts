/** The paths of what is wrong, as `code: path, path`. */
export function issuesOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    const { code, issues } = error as { code: string; issues: readonly { path: string }[] };
    return `${code}: ${issues.map(({ path }) => path).join(", ")}`;
  }
  return "none";
}
