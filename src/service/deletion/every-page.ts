import type { ListPage, ListQuery, ListScope } from "../../domain/metadata-store.ts";

const PAGE = 500;

/** All rows of a scope, oldest first, a page at a time; rows of earlier pages may be deleted meanwhile. */
export async function* everyPage<E>(
  fetch: (query: ListQuery) => Promise<ListPage<E>>,
  scope: ListScope,
): AsyncGenerator<readonly E[], void, undefined> {
  let after: ListQuery["after"];
  do {
    const page = await fetch({
      scope,
      orderBy: { field: "created_at", descending: false },
      limit: PAGE,
      after,
    });
    yield page.items;
    after = page.next;
  } while (after !== undefined);
}

/** Whether a scope has any row. */
export async function isEmpty<E>(
  fetch: (query: ListQuery) => Promise<ListPage<E>>,
  scope: ListScope,
): Promise<boolean> {
  const page = await fetch({ scope, orderBy: { field: "created_at", descending: false }, limit: 1 });
  return page.items.length === 0;
}
