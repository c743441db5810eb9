/** Colours and weights; plain where nobody would see them. */
export interface Style {
  bold(text: string): string;
  dim(text: string): string;
}

const plain: Style = { bold: (text) => text, dim: (text) => text };
const ansi: Style = {
  bold: (text) => `\u001b[1m${text}\u001b[22m`,
  dim: (text) => `\u001b[2m${text}\u001b[22m`,
};

/** What a style depends on. */
export interface StyleOptions {
  readonly isTerminal: boolean;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** The style of a stream: none in a pipe, nor where NO_COLOR (https://no-color.org) or TERM=dumb ask for none. */
export function styleFor({ isTerminal, environment }: StyleOptions): Style {
  if (!isTerminal || environment["NO_COLOR"] || environment["TERM"] === "dumb") return plain;
  return ansi;
}
