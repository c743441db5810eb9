import type { ReadRange } from "../../domain/blob-store.ts";

/** What a Range header asks for: the whole representation, a part of it, or nothing that is there. */
export type RequestedRange =
  | { readonly type: "whole" }
  | { readonly type: "part"; readonly range: ReadRange }
  | { readonly type: "unsatisfiable" };

const WHOLE: RequestedRange = { type: "whole" };
const UNSATISFIABLE: RequestedRange = { type: "unsatisfiable" };

/** Digits of the largest number that is looked at exactly; a longer one is past the end of any file. */
const MAX_EXACT_DIGITS = 15;

/**
 * Reads a Range header of a GET as RFC 9110 has it. What is not understood is left unheeded, as it says; so are several
 * ranges at once, which it allows.
 */
export function parseRange(header: string | null, sizeBytes: number): RequestedRange {
  const match = /^bytes=[\t ]*(\d*)-(\d*)[\t ]*$/i.exec(header ?? "");
  const [, first = "", last = ""] = match ?? [];
  if (match === null || (first === "" && last === "")) return WHOLE;
  if (first === "") return suffix(toNumber(last), sizeBytes);
  const begin = toNumber(first);
  const end = last === "" ? sizeBytes - 1 : toNumber(last);
  if (last !== "" && end < begin) return WHOLE;
  if (begin >= sizeBytes) return UNSATISFIABLE;
  return part(begin, Math.min(end, sizeBytes - 1));
}

function suffix(lengthBytes: number, sizeBytes: number): RequestedRange {
  if (lengthBytes === 0 || sizeBytes === 0) return UNSATISFIABLE;
  return part(Math.max(sizeBytes - lengthBytes, 0), sizeBytes - 1);
}

function part(firstByte: number, lastByte: number): RequestedRange {
  return { type: "part", range: { offsetBytes: firstByte, lengthBytes: lastByte - firstByte + 1 } };
}

function toNumber(digits: string): number {
  const significant = digits.replace(/^0+(?=\d)/, "");
  return significant.length > MAX_EXACT_DIGITS ? Number.MAX_SAFE_INTEGER : Number(significant);
}

/** Value of Content-Range for a part. */
export function contentRange({ offsetBytes, lengthBytes }: ReadRange, sizeBytes: number): string {
  return `bytes ${offsetBytes}-${offsetBytes + lengthBytes - 1}/${sizeBytes}`;
}
