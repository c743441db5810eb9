const OFFSET_BASIS = 0x81_1c_9d_c5;
const PRIME = 0x01_00_01_93;

/** FNV-1a, 32 bits, of a name's bytes; goes on from `hash` when the name comes in pieces. */
export function nameHash(bytes: Uint8Array, hash: number = OFFSET_BASIS): number {
  let result = hash;
  for (const byte of bytes) result = Math.imul(result ^ byte, PRIME);
  return result >>> 0;
}
