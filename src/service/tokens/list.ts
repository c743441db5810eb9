import type { Token } from "../../domain/entities.ts";
import { MAX_PAGE_SIZE } from "../../domain/limits.ts";
import type { TokenContext } from "./create.ts";

/** All tokens in the order of their making, those that are revoked or expired too. Holds a page at most. */
export async function* listTokens({ metadata }: TokenContext): AsyncGenerator<Token, void, undefined> {
  let last: string | undefined;
  for (;;) {
    const after = last;
    const page = await metadata.read((tx) => tx.tokens.list(after, MAX_PAGE_SIZE));
    yield* page;
    last = page.at(-1)?.id;
    if (page.length < MAX_PAGE_SIZE) return;
  }
}
