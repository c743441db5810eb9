const alignment = 8;
const valueBytes = 4;

/** A tensor of 32-bit floats. */
export interface Tensor {
  readonly name: string;
  readonly sizeBytes: number;
}

/** The head of a safetensors file whose tensors follow it in this order. */
export function safetensorsHeader(tensors: readonly Tensor[]): Uint8Array {
  const entries: Record<string, object> = {};
  let offset = 0;
  for (const { name, sizeBytes } of tensors) {
    entries[name] = {
      dtype: "F32",
      shape: [sizeBytes / valueBytes],
      data_offsets: [offset, offset + sizeBytes],
    };
    offset += sizeBytes;
  }
  const json = Buffer.from(JSON.stringify(entries));
  const padded = Math.ceil(json.length / alignment) * alignment;
  const header = Buffer.alloc(8 + padded, " ");
  header.writeBigUInt64LE(BigInt(padded));
  json.copy(header, 8);
  return header;
}
