import type { IncomingMessage } from "node:http";
import { BrokenBodyError, StoreTimeoutError } from "./errors.ts";

/** The bytes of an object from one place on, in order, as one answer of the store brings them. */
export class ObjectStream {
  /** Of the whole object. */
  readonly sizeBytes: number;
  readonly #response: IncomingMessage;
  readonly #pieces: AsyncIterator<Buffer>;
  readonly #stallMs: number;
  #position: number;
  #rest: Buffer = Buffer.alloc(0);

  constructor(response: IncomingMessage, stallMs: number) {
    this.#response = response;
    this.#stallMs = stallMs;
    const range = /^bytes (\d+)-\d+\/(\d+)$/.exec(response.headers["content-range"] ?? "");
    this.#position = Number(range?.[1] ?? 0);
    this.sizeBytes = Number(range?.[2] ?? response.headers["content-length"]);
    if (!Number.isSafeInteger(this.sizeBytes)) {
      response.destroy();
      throw new BrokenBodyError("the object store did not say how long the object is");
    }
    // Nobody may be reading when the connection breaks; whoever reads next is told.
    response.on("error", () => undefined);
    this.#pieces = (response as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
  }

  /** Where the next byte is in the object. */
  get position(): number {
    return this.#position;
  }

  /** Fills the array; throws when the answer ends or breaks before. */
  async fill(into: Uint8Array): Promise<void> {
    let filledBytes = 0;
    while (filledBytes < into.byteLength) {
      if (this.#rest.byteLength === 0) this.#rest = await this.#next();
      const piece = this.#rest.subarray(0, into.byteLength - filledBytes);
      into.set(piece, filledBytes);
      filledBytes += piece.byteLength;
      this.#position += piece.byteLength;
      this.#rest = this.#rest.subarray(piece.byteLength);
    }
  }

  /** Lets the connection go: for the next request when the answer was read to its end. */
  async close(): Promise<void> {
    this.#rest = Buffer.alloc(0);
    // The last piece and the end of the answer are two things; without the second the connection is lost.
    if (this.#position === this.sizeBytes) await this.#end();
    this.#response.destroy();
  }

  async #end(): Promise<void> {
    try {
      await this.#withTimer(() => this.#pieces.next());
    } catch {
      // All bytes are here; how the answer ends does not matter.
    }
  }

  async #next(): Promise<Buffer> {
    const { done, value } = await this.#withTimer(() => this.#pieces.next());
    if (done === true) throw new BrokenBodyError("the object store sent fewer bytes than it promised");
    return value;
  }

  async #withTimer<T>(work: () => Promise<T>): Promise<T> {
    const timer = setTimeout(
      () =>
        this.#response.destroy(
          new StoreTimeoutError("the object store fell silent in the middle of an object"),
        ),
      this.#stallMs,
    );
    try {
      return await work();
    } finally {
      clearTimeout(timer);
    }
  }
}
