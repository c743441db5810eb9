import { createCipheriv, randomBytes } from "node:crypto";
import { open } from "node:fs/promises";
import { safetensorsHeader, type Tensor } from "../harness/safetensors.ts";

const valueBytes = 4;
/** In one go; a tensor may have more. */
const pieceBytes = 8 * 1024 * 1024;

/** The shape of a transformer: weights of so many equal blocks, and an embedding before them. */
export interface TransformerShape {
  readonly blocks: number;
  readonly width: number;
  readonly words: number;
}

/** Two successive checkpoints, of which the second has other numbers in its last blocks, about a tenth of all. */
export interface FrozenCheckpoints {
  readonly sizeBytes: number;
  readonly changedBytes: number;
}

/** Writes both as safetensors; what differs between them is what a fine-tuning of the last blocks would change. */
export async function writeFrozenCheckpoints(
  first: string,
  second: string,
  shape: TransformerShape,
): Promise<FrozenCheckpoints> {
  const trained = Math.max(1, Math.round(shape.blocks / 10));
  const tensors = tensorsOf(shape);
  const seed = randomBytes(16);
  const isTrained = ({ name }: Tensor) =>
    Array.from({ length: trained }, (_, index) => blockName(shape.blocks - 1 - index)).some((block) =>
      name.startsWith(block),
    );
  await writeTensors(first, tensors, () => seed);
  await writeTensors(second, tensors, (tensor) => (isTrained(tensor) ? randomBytes(16) : seed));
  const sum = (some: readonly Tensor[]) => some.reduce((bytes, { sizeBytes }) => bytes + sizeBytes, 0);
  return {
    sizeBytes: sum(tensors) + safetensorsHeader(tensors).length,
    changedBytes: sum(tensors.filter(isTrained)),
  };
}

function tensorsOf({ blocks, width, words }: TransformerShape): Tensor[] {
  const tensor = (name: string, values: number): Tensor => ({ name, sizeBytes: values * valueBytes });
  const block = (index: number) =>
    [
      ...["query", "key", "value", "output"].map((part) => tensor(`attention.${part}`, width ** 2)),
      tensor("mlp.in", 4 * width ** 2),
      tensor("mlp.out", 4 * width ** 2),
      ...["norm_attention.weight", "norm_attention.bias", "norm_mlp.weight", "norm_mlp.bias"].map((part) =>
        tensor(part, width),
      ),
    ].map((one) => ({ ...one, name: `${blockName(index)}${one.name}` }));
  return [
    tensor("embedding", words * width),
    ...Array.from({ length: blocks }, (_, index) => block(index)).flat(),
  ];
}

function blockName(index: number): string {
  return `blocks.${String(index).padStart(2, "0")}.`;
}

/** Bytes that nothing can compress, the same for the same seed and tensor; flushed, and still in the page cache. */
async function writeTensors(
  path: string,
  tensors: readonly Tensor[],
  seedOf: (tensor: Tensor) => Uint8Array,
): Promise<void> {
  await using file = await open(path, "w");
  await file.write(safetensorsHeader(tensors));
  const zeros = new Uint8Array(pieceBytes);
  for (const [index, tensor] of tensors.entries()) {
    const start = Buffer.alloc(16);
    start.writeUInt32BE(index);
    const cipher = createCipheriv("aes-128-ctr", seedOf(tensor), start);
    for (let left = tensor.sizeBytes; left > 0; left -= pieceBytes)
      await file.write(cipher.update(zeros.subarray(0, Math.min(left, pieceBytes))));
  }
  await file.sync();
}
