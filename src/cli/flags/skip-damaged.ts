import { Flags } from "@oclif/core";

/** `--skip-damaged`, of all that moves chunks. */
export const skipDamagedFlag = Flags.boolean({
  summary:
    "Go on without chunks whose bytes are damaged or missing, and name them. By default that is an error once all others are done.",
});
