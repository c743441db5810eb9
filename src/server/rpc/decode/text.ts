import { z } from "zod";
import { isId } from "../../../domain/ids.ts";
import {
  MAX_DESCRIPTION_LENGTH,
  MAX_EXTERNAL_ID_LENGTH,
  MAX_FILTER_LENGTH,
  MAX_HOLDER_LENGTH,
  MAX_OWNER_LENGTH,
  MAX_REQUEST_ID_LENGTH,
  MAX_SHORT_TEXT_LENGTH,
  MAX_TITLE_LENGTH,
} from "../../../domain/limits.ts";
import { newNameProblem } from "../../../domain/names.ts";

// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const CONTROL = /[\u0000-\u001f\u007f]/;
const ETAG_LENGTH = 64;

/** A text that a function finds no problem with. */
export function checked(problemOf: (text: string) => string | undefined) {
  return z.string().superRefine((text, context) => {
    const problem = problemOf(text);
    if (problem !== undefined) context.addIssue({ code: "custom", message: problem });
  });
}

/** One line of text, which may be empty. */
export function line(maxLength: number) {
  return checked((text) => lineProblem(text, maxLength));
}

/** Why a text is not one line of at most so many characters, or undefined when it is. */
export function lineProblem(text: string, maxLength: number): string | undefined {
  if (text.length > maxLength) return `must have at most ${maxLength} characters, has ${text.length}`;
  if (!text.isWellFormed()) return "must be valid Unicode";
  return CONTROL.test(text) ? "must not contain control characters" : undefined;
}

/** Text of several lines, which may be empty. */
function prose(maxBytes: number) {
  return checked((text) => {
    const bytes = Buffer.byteLength(text);
    if (bytes > maxBytes) return `must have at most ${maxBytes} bytes, has ${bytes}`;
    if (!text.isWellFormed()) return "must be valid Unicode";
    return text.includes("\0") ? "must not contain the character NUL" : undefined;
  });
}

/** A name of an object. */
export const name = checked(newNameProblem);
/** A name, or "" for none. */
export const nameOrEmpty = checked((text) => (text === "" ? undefined : newNameProblem(text)));
export const owner = line(MAX_OWNER_LENGTH);
export const title = line(MAX_TITLE_LENGTH);
export const shortText = line(MAX_SHORT_TEXT_LENGTH);
export const externalId = line(MAX_EXTERNAL_ID_LENGTH);
export const holder = line(MAX_HOLDER_LENGTH);
export const description = prose(MAX_DESCRIPTION_LENGTH);
export const requestId = line(MAX_REQUEST_ID_LENGTH);
export const etag = line(ETAG_LENGTH);
export const filter = prose(MAX_FILTER_LENGTH);

/** An id. */
export const id = checked((text) =>
  isId(text) ? undefined : "must be an id, such as 0197c0de-0000-7000-8000-000000000000",
);
