import type { Style } from "./style.ts";
import { padEnd, width } from "./text-width.ts";

/** One line of the view of an object, or a group of lines under a heading. */
export type Detail =
  | readonly [name: string, value: string]
  | { readonly heading: string; readonly entries: readonly (readonly [name: string, value: string])[] };

/** Lays an object out as names and values; what has no value is left out. */
export function renderDetails(details: readonly Detail[], style: Style): string {
  const present = details.filter((detail) =>
    "heading" in detail ? detail.entries.length > 0 : detail[1] !== "",
  );
  const nameWidth = Math.max(0, ...present.map((detail) => ("heading" in detail ? 0 : width(detail[0]))));
  const lines: string[] = [];
  for (const detail of present) {
    if (!("heading" in detail)) {
      lines.push(...pair(detail, nameWidth, "", style));
      continue;
    }
    lines.push(style.bold(detail.heading));
    const entryWidth = detail.entries.reduce((found, [name]) => Math.max(found, width(name)), 0);
    for (const entry of detail.entries) lines.push(...pair(entry, entryWidth, "  ", style));
  }
  return lines.map((line) => `${line}\n`).join("");
}

/** A value of several lines goes on below itself. */
function pair(
  [name, value]: readonly [string, string],
  nameWidth: number,
  indent: string,
  style: Style,
): readonly string[] {
  const [first = "", ...rest] = visible(value).split("\n");
  const below = " ".repeat(indent.length + nameWidth + 2);
  return [
    `${indent}${style.dim(padEnd(name, nameWidth))}  ${first}`.trimEnd(),
    ...rest.map((line) => below + line),
  ];
}

/** What came from a user must neither drive the terminal nor turn its text around. */
function visible(text: string): string {
  // oxlint-disable-next-line no-control-regex
  return text.replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, "\ufffd");
}
