/** `bun run check`: prints one line for each check and what the failed ones said. */
import { runChecks } from "./checks.ts";

const results = await runChecks();
for (const { name, passed, durationMs, output } of results) {
  console.log(`${passed ? "ok    " : "FAILED"} ${name} (${(durationMs / 1000).toFixed(1)} s)`);
  if (!passed) console.log(output);
}
const failed = results.filter(({ passed }) => !passed).length;
console.log(`${results.length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
