import { Flags } from "@oclif/core";

const etag = Flags.string({
  summary: "Only if this is still its etag, which get --json prints.",
  helpValue: "<etag>",
});

/** Flags of every update. */
export const updateFlags = { etag };

/** Flags of a deletion. */
export const deleteFlags = {
  yes: Flags.boolean({ char: "y", summary: "Don't ask on a terminal whether it is meant." }),
};

/** Flags of the deletion of an object that can have content; `content` says what that is. */
export function deleteFlagsWith(content: string) {
  return {
    ...deleteFlags,
    recursive: Flags.boolean({ char: "r", summary: `Also when it has ${content}, which go with it.` }),
    etag,
  };
}
