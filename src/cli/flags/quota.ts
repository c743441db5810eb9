import { Flags } from "@oclif/core";
import { parseByteSize } from "../input/byte-size.ts";

/** The word that stands for no quota. */
const NO_QUOTA = "none";

/** `--quota 500GB`, or `--quota none`, which is null. */
export const quotaFlag = Flags.custom<bigint | null>({
  helpValue: "<size>",
  summary: "How many bytes its stored files may have, for example 500GB or 2TiB; none for no limit.",
  parse: (input) => Promise.resolve(input.toLowerCase() === NO_QUOTA ? null : parseByteSize(input)),
});
