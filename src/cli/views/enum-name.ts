/** An enum's value for people: `TAG_SET` as `tag-set`; the number when it is newer than this program. */
export function enumName(names: Readonly<Record<string, number>>, value: number): string {
  const name = Object.entries(names).find(([, one]) => one === value)?.[0];
  return name === undefined ? String(value) : name.toLowerCase().replaceAll("_", "-");
}
