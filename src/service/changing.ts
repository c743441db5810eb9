/** Those of the wanted fields that the entity does not have already. */
export function changedFields<E extends object, K extends keyof E>(
  entity: E,
  wanted: Readonly<Partial<Pick<E, K>>>,
): Partial<Pick<E, K>> {
  const entries = Object.entries(wanted).filter(
    ([key, value]) => value !== undefined && entity[key as keyof E] !== value,
  );
  return Object.fromEntries(entries) as Partial<Pick<E, K>>;
}

/** What every update call takes besides the object and its new values. */
export interface UpdateOptions {
  /** "" when any state of the object may be changed. */
  readonly etag: string;
  readonly requestId: string;
}

/** What every delete call takes besides the object. */
export interface DeleteOptions {
  readonly recursive: boolean;
  readonly etag: string;
  readonly requestId: string;
}
