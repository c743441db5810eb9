/** Parts of a key: safe on every file system and in every object store. */
const KEY_PATTERN = /^[a-z0-9][a-z0-9._-]{0,199}(\/[a-z0-9][a-z0-9._-]{0,199}){0,7}$/;

/** Whether a store may be asked for the key; nothing else ever becomes a path. */
export function isKey(key: string): boolean {
  return KEY_PATTERN.test(key) && !key.includes("..");
}

/** Throws unless it is a key. */
export function requireKey(key: string): void {
  if (!isKey(key)) {
    throw new Error(`"${key.slice(0, 100)}" is not a key of a blob store`);
  }
}

/** Throws unless the range lies inside an object of this size. */
export function requireRange(sizeBytes: number, offsetBytes: number, lengthBytes: number): void {
  const whole = Number.isSafeInteger(offsetBytes) && Number.isSafeInteger(lengthBytes);
  if (!whole || offsetBytes < 0 || lengthBytes < 0 || offsetBytes + lengthBytes > sizeBytes) {
    throw new RangeError(
      `bytes ${offsetBytes}+${lengthBytes} are not inside an object of ${sizeBytes} bytes`,
    );
  }
}
