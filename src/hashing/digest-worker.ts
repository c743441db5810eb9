/** The thread of digests.ts: takes a buffer, and gives it back with the SHA-256 of its bytes. */
declare const self: Worker;

/** What the thread is asked for. */
export interface DigestQuestion {
  readonly id: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** What it answers. */
export interface DigestAnswer extends DigestQuestion {
  /** Hexadecimal. */
  readonly sha256: string;
}

self.onmessage = ({ data: { id, bytes } }: MessageEvent<DigestQuestion>) => {
  const sha256 = new Bun.CryptoHasher("sha256").update(bytes).digest("hex");
  const answer: DigestAnswer = { id, bytes, sha256 };
  self.postMessage(answer, [bytes.buffer]);
};
