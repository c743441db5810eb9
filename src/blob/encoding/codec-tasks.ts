import type { ChunkEncoding } from "../../domain/entities.ts";

/** What a thread is asked for: buffers go there and come back, without a copy. */
export interface CodecQuestion {
  readonly id: number;
  readonly task: EncodeTask | DecodeTask | PriorityTask;
}

export interface EncodeTask {
  readonly kind: "encode";
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly base: Uint8Array<ArrayBuffer> | undefined;
}

export interface DecodeTask {
  readonly kind: "decode";
  readonly encoding: ChunkEncoding;
  readonly stored: Uint8Array<ArrayBuffer>;
  readonly sizeBytes: number;
  readonly base: Uint8Array<ArrayBuffer> | undefined;
}

export interface PriorityTask {
  readonly kind: "priority";
  /** As nice(1) has it. */
  readonly priority: number;
}

export interface CodecAnswer {
  readonly id: number;
  readonly result?: Encoded | Decoded | object;
  readonly problem?: { readonly isCorrupt: boolean; readonly message: string };
}

/** A chunk in its smallest form, which was decoded again and found to be the same bytes. */
export interface Encoded {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly base: Uint8Array<ArrayBuffer> | undefined;
  readonly encoding: ChunkEncoding;
  /** Undefined when no form is smaller. */
  readonly stored: Uint8Array<ArrayBuffer> | undefined;
  /** Of what is stored, in hexadecimal digits. */
  readonly sha256: string;
}

export interface Decoded {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Undefined when there was none, or its memory is that of the bytes now. */
  readonly base: Uint8Array<ArrayBuffer> | undefined;
}
