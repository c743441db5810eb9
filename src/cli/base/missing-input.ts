import { UsageError } from "../output/usage-error.ts";

/** Flags or arguments are missing that the command can't do without. */
export class MissingInputError extends UsageError {
  constructor(...typed: readonly string[]) {
    const last = typed.at(-1) ?? "";
    const others = typed.slice(0, -1).join(", ");
    super(others === "" ? `${last} is missing` : `${others} and ${last} are missing`);
  }
}
