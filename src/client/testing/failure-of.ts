/** What a promise is rejected with. Throws when it is fulfilled. */
export async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  const outcome = await promise.then(
    () => undefined,
    (error: unknown) => ({ error }),
  );
  if (outcome === undefined) throw new Error("expected a failure, and there was none");
  return outcome.error;
}
