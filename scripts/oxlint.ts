import { join } from "node:path";

const modules = join(import.meta.dir, "../node_modules");

/** Starts the linter with type-aware rules under this very Bun. */
export const oxlintCommand: readonly string[] = [
  process.execPath,
  join(modules, "oxlint/bin/oxlint"),
  "--type-aware",
  "--deny-warnings",
];

/** Where its type-aware half is; left to itself it would look below the current folder and start Node.js. */
export const oxlintEnvironment = {
  OXLINT_TSGOLINT_PATH: join(modules, `@oxlint-tsgolint/${process.platform}-${process.arch}/tsgolint`),
};
