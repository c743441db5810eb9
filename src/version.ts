/** Replaced by scripts/build.ts; absent when the sources run without a build, as in unit tests. */
declare const MODELBOX_VERSION: string | undefined;
declare const MODELBOX_COMMIT: string | undefined;

/** Whether this is the executable, and not its sources. */
export const isCompiled = typeof MODELBOX_VERSION === "string";

/** The version of the executable, from package.json. */
export const version = typeof MODELBOX_VERSION === "string" ? MODELBOX_VERSION : "0.0.0-source";

/** The abbreviated commit that was built, with `+changes` when the checkout held more than that. */
export const commit = typeof MODELBOX_COMMIT === "string" ? MODELBOX_COMMIT : "not built";

/** What `modelbox --version` prints. */
export const versionLine = `modelbox ${version} (${commit}, ${process.platform} ${process.arch}, Bun ${Bun.version})`;
