/** The thread of codec-threads.ts: takes buffers, and gives them back with what was made of them. */
import { readlinkSync } from "node:fs";
import { setPriority } from "node:os";
import { basename } from "node:path";
import { sha256 } from "../../hashing/digests.ts";
import { encodeBest } from "./choose-form.ts";
import { decode, decodeUsingUp } from "./codec.ts";
import { CorruptEncodingError } from "./corrupt-encoding-error.ts";
import type { CodecAnswer, CodecQuestion, Decoded, DecodeTask, Encoded, EncodeTask } from "./codec-tasks.ts";

declare const self: Worker;

self.onmessage = ({ data: { id, task } }: MessageEvent<CodecQuestion>) => {
  const answer = answerTo(id, task);
  const buffers = [task, answer.result ?? {}].flatMap((message) =>
    Object.values(message).flatMap((value) => (value instanceof Uint8Array ? value.buffer : [])),
  );
  self.postMessage(answer, [...new Set(buffers)] as ArrayBuffer[]);
};

function answerTo(id: number, task: CodecQuestion["task"]): CodecAnswer {
  try {
    if (task.kind === "decode") return { id, result: decoded(task) };
    if (task.kind === "encode") return { id, result: encoded(task) };
    yieldToOthers(task.priority);
    return { id, result: {} };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { id, problem: { isCorrupt: error instanceof CorruptEncodingError, message } };
  }
}

function decoded({ encoding, stored, sizeBytes, base }: DecodeTask): Decoded {
  const bytes = decodeUsingUp(encoding, stored, sizeBytes, base);
  return { bytes, base: bytes === base ? undefined : base };
}

/** What can't be decoded to the same bytes must never take their place. */
function encoded({ bytes, base }: EncodeTask): Encoded {
  const { form, stored } = encodeBest(bytes, base);
  if (form.encoding === "raw") return { bytes, base, encoding: "raw", stored: undefined, sha256: "" };
  const again = decode(form.encoding, stored, bytes.byteLength, base);
  if (Bun.hash.xxHash3(again) !== Bun.hash.xxHash3(bytes) || !Buffer.from(again.buffer).equals(bytes))
    throw new Error("what was encoded is not decoded to the same bytes");
  return { bytes, base, encoding: form.encoding, stored: owned(stored), sha256: sha256(stored) };
}

/** The bytes with a buffer to themselves, to be handed over. */
function owned(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const { buffer, byteLength } = bytes;
  return new Uint8Array(buffer.byteLength === byteLength ? buffer : bytes.slice().buffer);
}

/** This thread alone gets less of the processor: on Linux threads have priorities of their own. */
function yieldToOthers(priority: number): void {
  try {
    setPriority(Number(basename(readlinkSync("/proc/thread-self"))), priority);
  } catch {
    // Elsewhere the limit of its time is all there is.
  }
}
