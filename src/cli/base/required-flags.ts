import type { Interfaces } from "@oclif/core";
import type { Wanted } from "./base-command.ts";

/** Parsed flags and arguments; oclif keeps its own names for them to itself. */
export type FlagOutput = Interfaces.FlagInput extends Interfaces.FlagInput<infer Output> ? Output : never;
export type ArgOutput = Interfaces.ArgInput extends Interfaces.ArgInput<infer Output> ? Output : never;

/** The same input with no flag required, so that the parser leaves it to us to ask for what is missing. */
export function withoutRequired<F extends FlagOutput, B extends FlagOutput, A extends ArgOutput>(
  input: Interfaces.Input<F, B, A>,
): Interfaces.Input<F, B, A> {
  const flags = Object.entries(declaredFlags(input)).map(
    ([name, flag]) => [name, { ...flag, required: false }] as const,
  );
  // Named one by one: a command's class inherits most of them, and a spread would lose what is inherited.
  return {
    flags: Object.fromEntries(flags) as Interfaces.FlagInput<F>,
    ...(input.baseFlags ? { baseFlags: input.baseFlags } : {}),
    ...(input.args ? { args: input.args } : {}),
    strict: input.strict,
  };
}

/** The required flags that have no value, in the order of their declaration. */
export function missingRequired(input: object, given: Readonly<Record<string, unknown>>): readonly Wanted[] {
  return Object.entries(declaredFlags(input))
    .filter(([name, flag]) => flag.required === true && given[name] === undefined)
    .map(([name, flag]) => ({
      typed: `--${name}`,
      summary: flag.summary ?? name,
      choices: flag.type === "option" ? flag.options : undefined,
    }));
}

function declaredFlags(input: { flags?: unknown }): Readonly<Record<string, Interfaces.Flag<unknown>>> {
  return (input.flags ?? {}) as Readonly<Record<string, Interfaces.Flag<unknown>>>;
}
