/** The only element of a list that was made from a list of one. */
export function single<T>(list: readonly T[]): T {
  const [only] = list;
  if (only === undefined || list.length !== 1) throw new Error(`expected one element, got ${list.length}`);
  return only;
}

/** Each value once, in the order of appearance. */
export function distinct<T>(values: readonly T[]): T[] {
  return [...new Set(values)];
}

/** Entities by id. */
export function byId<E extends { readonly id: string }>(entities: readonly E[]): ReadonlyMap<string, E> {
  return new Map(entities.map((one) => [one.id, one]));
}

/** The parents of objects by id: those that are known already, and the others from the store. */
export async function loadParents<E extends { readonly id: string }>(
  known: readonly E[],
  ids: readonly string[],
  getMany: (ids: readonly string[]) => Promise<readonly E[]>,
): Promise<ReadonlyMap<string, E>> {
  const found = byId(known);
  const missing = distinct(ids).filter((id) => !found.has(id));
  return missing.length === 0 ? found : new Map([...found, ...byId(await getMany(missing))]);
}

/** The parent of an object. Parents outlive their children, so a missing one is a fault of the store. */
export function parentOf<E>(parents: ReadonlyMap<string, E>, id: string): E {
  const parent = parents.get(id);
  if (parent === undefined) throw new Error(`the parent ${id} of a stored object is missing`);
  return parent;
}
