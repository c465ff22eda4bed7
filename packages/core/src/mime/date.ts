/** `Wed, 05 Mar 2025 09:30:00 +0000` (RFC 5322 section 3.3). Always UTC: the zone of a server is nobody's business. */
export function formatDate(date: Date): string {
  return date.toUTCString().replace("GMT", "+0000");
}
