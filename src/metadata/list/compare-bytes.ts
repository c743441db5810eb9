/** Compares texts as databases do, by their UTF-8 bytes; JavaScript's `<` differs beyond U+FFFF. */
export function compareBytes(a: string, b: string): number {
  if (a === b) return 0;
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
