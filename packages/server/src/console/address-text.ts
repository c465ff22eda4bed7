/** Addresses as somebody would write them in a field: those that came by the API may also be objects and lists. */
export function toText(addresses: unknown): string {
  if (typeof addresses === "string") return addresses;
  if (Array.isArray(addresses)) return addresses.map(toText).join(", ");
  if (typeof addresses !== "object" || addresses === null) return "";
  const { name, email, address = email } = addresses as Readonly<Record<string, unknown>>;
  return name === undefined ? String(address) : `${JSON.stringify(name)} <${address}>`;
}

/** The way back. Lists are pasted with line breaks, tabs or semicolons between addresses, which RFC 5322 writes as commas. */
export function toAddresses(text: string): string {
  const lines = text.split(/[\n\t]+/).map((line) => line.trim().replace(/,$/, ""));
  const list = lines.filter((line) => line !== "").join(", ");
  // In a group, `Friends: a@example.com;`, the semicolon is its end.
  return list.includes(":") || list.includes('"')
    ? list
    : list
        .split(/\s*[;,]\s*/)
        .filter((one) => one !== "")
        .join(", ");
}
