/** Builds dist/modelbox for this machine. */
import { mkdirSync, mkdtempSync, renameSync, rmSync, utimesSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { compile, root } from "./compile.ts";
import { hostTarget } from "./targets.ts";

const { values } = parseArgs({ options: { outfile: { type: "string" } } });
const outfile = values.outfile ?? join(root, "dist/modelbox");
const startedAt = new Date();
mkdirSync(dirname(outfile), { recursive: true });

// Stack traces show the file's name as it is built, hence a folder of its own instead of a name of its own.
const folder = mkdtempSync(join(dirname(outfile), ".building-"));
try {
  const part = join(folder, basename(outfile));
  await compile({ outfile: part, libsqlPackage: hostTarget().libsqlPackage });
  // A source that changed while the bundler was at work must look newer than the result.
  utimesSync(part, startedAt, startedAt);
  // Renamed when whole, so that a launcher or a running server never meets half an executable.
  renameSync(part, outfile);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
