export type Bytes = Uint8Array<ArrayBuffer>;

/** How far weights move in a step, in parts of their own spread: about that of a fine-tuning. */
const MOVE = 5e-4;

/** Weights of a layer after so many steps, oldest first; the same each time. */
export function successiveWeights(kind: "fp32" | "bf16", sizeBytes: number, steps: number): readonly Bytes[] {
  const width = kind === "fp32" ? 4 : 2;
  const random = normal(7);
  const weights = Float32Array.from({ length: sizeBytes / width }, () => random() * 0.02);
  return Array.from({ length: steps }, () => {
    for (let index = 0; index < weights.length; index += 1)
      weights[index] = (weights[index] ?? 0) + random() * 0.02 * MOVE;
    return kind === "fp32" ? new Uint8Array(weights.slice().buffer) : rounded(weights);
  });
}

/** The upper halves of the numbers, as bfloat16 has them. */
function rounded(weights: Float32Array<ArrayBuffer>): Bytes {
  const words = new Uint32Array(weights.buffer);
  return new Uint8Array(Uint16Array.from(words, (word) => (word + 0x8000) >>> 16).buffer);
}

/** Numbers of a normal distribution, from a linear congruential generator. */
function normal(seed: number): () => number {
  let state = seed;
  const uniform = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state + 1) / 4_294_967_297;
  };
  return () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
}
