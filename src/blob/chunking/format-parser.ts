import { ByteInput, MalformedError, type Parsing } from "./byte-input.ts";
import { isGguf, parseGguf } from "./formats/gguf.ts";
import { isOnnx, parseOnnx } from "./formats/onnx.ts";
import { isSafetensors, parseSafetensors } from "./formats/safetensors.ts";
import { isZip, parseZip } from "./formats/zip.ts";
import { Marks } from "./marks.ts";

/** As many bytes as tell a format. */
const HEAD_BYTES = 9;

const FORMATS = [
  { isThis: isSafetensors, parse: parseSafetensors },
  { isThis: isGguf, parse: parseGguf },
  { isThis: isZip, parse: parseZip },
  { isThis: isOnnx, parse: parseOnnx },
] as const;

/** Finds the parts of a file while its bytes go by. What it does not understand is one part. */
export class FormatParser {
  readonly #marks = new Marks();
  readonly #input = new ByteInput();
  #running: Parsing<void> | undefined = parse(this.#input, this.#marks);

  get found(): Marks["found"] {
    return this.#marks.found;
  }

  /** Marks before this offset have been found: so far the last part goes at least, even if the file ends before. */
  get knownBytes(): number {
    return this.#marks.knownBytes;
  }

  /** There are no more marks. */
  get isDone(): boolean {
    return this.#running === undefined;
  }

  /** Takes the bytes that follow in the file. */
  feed(bytes: Uint8Array): void {
    if (this.#running === undefined || bytes.length === 0) return;
    this.#input.append(bytes);
    try {
      if (this.#running.next().done === true) this.end();
      else this.#input.keep();
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error;
      this.#marks.other(this.#marks.knownBytes);
      this.end();
    }
  }

  /** The file has no more bytes. */
  end(): void {
    this.#running = undefined;
  }
}

function* parse(input: ByteInput, marks: Marks): Parsing<void> {
  yield* input.need(HEAD_BYTES);
  const head = input.peek(HEAD_BYTES);
  const format = FORMATS.find(({ isThis }) => isThis(head));
  if (format !== undefined) yield* format.parse(input, marks);
}
