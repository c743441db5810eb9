/** A check was done, and has found something that is wrong and still is. */
export class DamageFoundError extends Error {
  override readonly name = "DamageFoundError";
}
