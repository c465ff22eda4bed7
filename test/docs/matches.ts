/** Whether a text is what a page shows: `…` stands for anything on its line, and alone on a line for any lines. */
export function matches(text: string, shown: string): boolean {
  const lines = shown.trim().split("\n");
  const pattern = lines.map((line) =>
    line.trim() === "…" ? "(?:.*\n)*?" : `${line.split("…").map(escapeText).join(".*")}\n`,
  );
  return new RegExp(`^${pattern.join("")}$`).test(`${text.trim()}\n`);
}

function escapeText(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}
