import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { safetensorsHeader } from "../harness/safetensors.ts";

const checkpoints = 3;
const tensors = 4;
const tensorValues = 16_384;
const names = ["fp32-adam", "fp32", "bf16", "last-block"];

/** Small safetensors whose numbers move a little from one to the next: something to store, nothing to measure by. */
export async function simulateSeries(folder: string): Promise<void> {
  for (const name of names) {
    await mkdir(join(folder, name), { recursive: true });
    const values = Float32Array.from({ length: tensors * tensorValues }, () => Math.random() - 0.5);
    const tensorBytes = tensorValues * values.BYTES_PER_ELEMENT;
    const header = safetensorsHeader(
      Array.from({ length: tensors }, (_, index) => ({ name: `layer.${index}`, sizeBytes: tensorBytes })),
    );
    for (let step = 1; step <= checkpoints; step += 1) {
      const path = join(folder, name, `step-${step}.safetensors`);
      await writeFile(path, Buffer.concat([header, new Uint8Array(values.buffer)]));
      for (let index = 0; index < values.length; index += 1) values[index]! *= 1 + Math.random() * 1e-3;
    }
  }
}
