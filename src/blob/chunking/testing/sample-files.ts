/** A tensor or an entry of a file that a test makes. */
export interface Sample {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** A file in a format, as its own library would write it. */
export type SampleFile = (samples: readonly Sample[]) => Uint8Array<ArrayBuffer>;

export const safetensors: SampleFile = (samples) => {
  let end = 0;
  const entries = samples.map(({ name, bytes }) => {
    const begin = end;
    end += bytes.length;
    return [name, { dtype: "U8", shape: [bytes.length], data_offsets: [begin, end] }];
  });
  const header = Buffer.from(JSON.stringify(Object.fromEntries([["__metadata__", {}], ...entries])));
  return join([u64(header.length), header, ...samples.map(({ bytes }) => bytes)]);
};

export const gguf: SampleFile = (samples) => {
  const string = (text: string) => join([u64(Buffer.byteLength(text)), Buffer.from(text)]);
  let end = 0;
  const infos = samples.map(({ name, bytes }) => {
    const begin = end;
    end += padded(bytes.length, 64);
    return join([string(name), u32(1), u64(bytes.length), u32(24), u64(begin)]);
  });
  const header = join([
    join([Buffer.from("GGUF"), u32(3), u64(samples.length), u64(3)]),
    join([string("general.alignment"), u32(4), u32(64)]),
    join([string("tokens"), u32(9), u32(8), u64(2), string("a"), string("bc")]),
    join([string("scores"), u32(9), u32(6), u64(2), u64(0)]),
    ...infos,
  ]);
  const parts = [header, ...samples.map(({ bytes }) => bytes)];
  return join(parts.map((part) => join([part, new Uint8Array(padded(part.length, 64) - part.length)])));
};

export const onnx: SampleFile = (samples) => {
  const initializers = samples.map(({ name, bytes }) =>
    field(5, join([varint(8), varint(bytes.length), field(8, Buffer.from(name)), field(9, bytes)])),
  );
  const node = field(1, field(4, Buffer.from("MatMul")));
  const graph = join([node, field(2, Buffer.from("main")), ...initializers, field(11, Buffer.from("input"))]);
  return join([varint(8), varint(9), field(2, Buffer.from("pytorch")), field(7, graph), field(8, u32(0))]);
};

/** As torch.save writes it: stored, sizes behind the bytes, each entry's bytes aligned. */
export const torchZip: SampleFile = (samples) => {
  const parts: Uint8Array[] = [];
  let offset = 0;
  const add = (part: Uint8Array) => {
    parts.push(part);
    offset += part.length;
  };
  for (const { name, bytes } of samples) {
    const path = Buffer.from(name);
    const padding = 64 - ((offset + 30 + path.length + 4) % 64);
    const extra = join([Buffer.from("FB"), u16(padding), Buffer.alloc(padding, "Z")]);
    const [flags, size] = bytes.length === 0 ? [0x0800, 0] : [0x0808, bytes.length];
    add(join([u32(0x04_03_4b_50), u16(0), u16(flags), new Uint8Array(18), u16(path.length)]));
    add(join([u16(extra.length), path, extra, bytes]));
    if (size > 0) add(join([u32(0x08_07_4b_50), u32(Bun.hash.crc32(bytes)), u32(size), u32(size)]));
  }
  const directory = samples.map(({ name }) => {
    const path = Buffer.from(name);
    return join([u32(0x02_01_4b_50), new Uint8Array(24), u16(path.length), new Uint8Array(16), path]);
  });
  return join([...parts, ...directory, u32(0x06_05_4b_50), new Uint8Array(18)]);
};

export const sampleFormats: readonly (readonly [string, SampleFile])[] = [
  ["safetensors", safetensors],
  ["GGUF", gguf],
  ["ONNX", onnx],
  ["PyTorch zip", torchZip],
];

export function join(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.concat(parts));
}

function field(number: number, bytes: Uint8Array): Uint8Array {
  return join([varint(number * 8 + 2), varint(bytes.length), bytes]);
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  return Uint8Array.of(...bytes, rest);
}

function u16(value: number): Uint8Array {
  return new Uint8Array(Uint16Array.of(value).buffer);
}

export function u32(value: number): Uint8Array {
  return new Uint8Array(Uint32Array.of(value).buffer);
}

export function u64(value: number): Uint8Array {
  return new Uint8Array(BigUint64Array.of(BigInt(value)).buffer);
}

function padded(length: number, alignment: number): number {
  return Math.ceil(length / alignment) * alignment;
}
