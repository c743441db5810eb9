import type { Readable } from "node:stream";
import { Code, ConnectError } from "@connectrpc/connect";
import { DomainError } from "../domain/errors.ts";
import type { ByteBudget } from "./byte-budget.ts";
import { toWireError } from "./interceptors/errors.ts";
import type { RpcState } from "./call.ts";

export interface BodyLimits {
  readonly budget: ByteBudget;
  /** How long the client may be silent. */
  readonly stallMs: number;
}

/** The body of an RPC, counted, within the memory that all calls share, and given up when its client falls silent. */
export async function* limitedBody(
  body: AsyncIterable<Uint8Array>,
  { call, onEnd }: RpcState,
  { budget, stallMs }: BodyLimits,
): AsyncGenerator<Uint8Array> {
  const iterator = body[Symbol.asyncIterator]();
  let taken = 0;
  onEnd.push(() => budget.giveBack(taken));
  try {
    for (;;) {
      const result = await withStallTimer(iterator, stallMs);
      if (result.done === true) return;
      budget.take(result.value.byteLength);
      taken += result.value.byteLength;
      call.receivedBytes += result.value.byteLength;
      yield result.value;
    }
  } catch (error) {
    // No interceptor sees what goes wrong while the message is read.
    throw toWireError(error instanceof DomainError ? error : brokenOff(error), call);
  } finally {
    iterator.return?.(undefined)?.catch(() => undefined);
  }
}

/** A small body of a stated length, read in one go; otherwise as limitedBody. */
export async function wholeBody(
  read: () => Promise<Uint8Array>,
  lengthBytes: number,
  { call, onEnd }: RpcState,
  { budget, stallMs }: BodyLimits,
): Promise<Uint8Array> {
  const stalled = Promise.withResolvers<never>();
  const timer = setTimeout(() => stalled.reject(stall(stallMs)), stallMs);
  try {
    budget.take(lengthBytes);
    onEnd.push(() => budget.giveBack(lengthBytes));
    const body = await Promise.race([read(), stalled.promise]);
    call.receivedBytes += body.byteLength;
    return body;
  } catch (error) {
    throw toWireError(error instanceof DomainError ? error : brokenOff(error), call);
  } finally {
    clearTimeout(timer);
  }
}

/** A whole body of a stream, up to `maxBytes`; otherwise as limitedBody. */
export async function collectedBody(
  body: Readable,
  maxBytes: number,
  { call, onEnd }: RpcState,
  { budget, stallMs }: BodyLimits,
): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const pieces: Buffer[] = [];
  let taken = 0;
  onEnd.push(() => budget.giveBack(taken));
  const timer = setTimeout(() => reject(stall(stallMs)), stallMs);
  const onData = (piece: Buffer): void => {
    timer.refresh();
    try {
      budget.take(piece.byteLength);
      taken += piece.byteLength;
      call.receivedBytes += piece.byteLength;
      if (taken > maxBytes) throw tooLarge(maxBytes);
      pieces.push(piece);
    } catch (error) {
      reject(error);
    }
  };
  const onEnded = (): void => resolve(Buffer.concat(pieces));
  const onBroken = (error?: unknown): void => reject(brokenOff(error));
  body.on("data", onData).once("end", onEnded).once("error", onBroken).once("close", onBroken);
  try {
    return await promise;
  } catch (error) {
    body.pause();
    throw toWireError(error, call);
  } finally {
    clearTimeout(timer);
    body.off("data", onData).off("end", onEnded).off("error", onBroken).off("close", onBroken);
  }
}

async function withStallTimer<T>(iterator: AsyncIterator<T>, stallMs: number): Promise<IteratorResult<T>> {
  const stalled = Promise.withResolvers<never>();
  const timer = setTimeout(() => stalled.reject(stall(stallMs)), stallMs);
  try {
    return await Promise.race([iterator.next(), stalled.promise]);
  } finally {
    clearTimeout(timer);
  }
}

function brokenOff(cause: unknown): ConnectError {
  return new ConnectError("The request broke off.", Code.Canceled, undefined, undefined, cause);
}

function tooLarge(maxBytes: number): DomainError {
  return new DomainError(
    "resource_exhausted",
    "MESSAGE_TOO_LARGE",
    `The message is larger than the ${maxBytes} bytes that are taken.`,
  );
}

function stall(stallMs: number): DomainError {
  const message = `No byte of the request arrived for ${stallMs / 1000} s; check the network and send it again.`;
  return new DomainError("unavailable", "REQUEST_STALLED", message);
}
