import { DomainError } from "../../domain/errors.ts";

export function sizeMismatch(expected: number, received: string): DomainError {
  return new DomainError(
    "invalid_argument",
    "SIZE_MISMATCH",
    `The body has ${received} bytes instead of ${expected}; send the chunk again.`,
    { metadata: { expected_bytes: String(expected) } },
  );
}

export function digestMismatch(expected: string, actual: string): DomainError {
  return new DomainError(
    "invalid_argument",
    "DIGEST_MISMATCH",
    `The body's SHA-256 is ${actual} and not ${expected}; send it again, and read it anew if that repeats.`,
    { metadata: { expected_sha256: expected, actual_sha256: actual } },
  );
}

export function checksumMismatch(): DomainError {
  return new DomainError(
    "invalid_argument",
    "CHECKSUM_MISMATCH",
    "The body has another XXH3 than was announced; send it again, and read it anew if that repeats.",
  );
}
