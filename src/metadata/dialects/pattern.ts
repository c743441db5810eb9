/** A LIKE pattern in which `\` stands only before `%`, `_` and itself: databases differ on the rest. */
export function plainPattern(pattern: string): string {
  let plain = "";
  for (let index = 0; index < pattern.length; index += 1) {
    const character = pattern.charAt(index);
    if (character !== "\\") {
      plain += character;
      continue;
    }
    index += 1;
    const next = index < pattern.length ? pattern.charAt(index) : "\\";
    plain += next === "%" || next === "_" || next === "\\" ? `\\${next}` : next;
  }
  return plain;
}
