/** The exit statuses of every command. Scripts rely on them: a number never changes its meaning. */
export const exitCodes = {
  ok: 0,
  internal: 1,
  usage: 2,
  notFound: 3,
  alreadyExists: 4,
  invalid: 5,
  unavailable: 6,
  notAllowed: 7,
  damaged: 8,
  interrupted: 130,
} as const;

/** One of the exit statuses. */
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** What each status means, as help and docs/command-line.md print it. */
export const exitCodeMeanings: readonly { readonly code: ExitCode; readonly meaning: string }[] = [
  { code: exitCodes.ok, meaning: "It was done." },
  {
    code: exitCodes.internal,
    meaning: "It failed inside ModelBox; run it again with DEBUG=1 and report what you see.",
  },
  {
    code: exitCodes.usage,
    meaning: "The command was typed wrongly: an unknown or missing flag, or a malformed value.",
  },
  { code: exitCodes.notFound, meaning: "No object has this id or path." },
  { code: exitCodes.alreadyExists, meaning: "The name is taken by an object with other fields." },
  {
    code: exitCodes.invalid,
    meaning:
      "The input was refused: an invalid value or file, a state that forbids it, or a change that came between.",
  },
  { code: exitCodes.unavailable, meaning: "The server could not be reached, or did not answer in time." },
  { code: exitCodes.notAllowed, meaning: "The server does not let you do this." },
  { code: exitCodes.damaged, meaning: "`server fsck` found something that is wrong, and still is." },
  { code: exitCodes.interrupted, meaning: "It was interrupted with Ctrl-C." },
];
