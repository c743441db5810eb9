import type { Token } from "../../domain/entities.ts";
import { invalidFields, type FieldViolation } from "../../domain/errors.ts";
import { newId } from "../../domain/ids.ts";
import { newNameProblem } from "../../domain/names.ts";
import type { ServiceContext } from "../context.ts";
import { newTokenText, tokenDigest } from "./text.ts";

/** What tokens are kept with. */
export type TokenContext = Pick<ServiceContext, "metadata" | "clock">;

export interface NewToken {
  /** The actor of what is changed with the token. */
  readonly name: string;
  /** Microseconds since 1970, UTC; undefined: it never expires. */
  readonly expiresAt: number | undefined;
}

/** Makes a token. Its text is returned here and never again: only its digest is kept. */
export async function createToken(
  { metadata, clock }: TokenContext,
  { name, expiresAt }: NewToken,
): Promise<{ readonly token: Token; readonly text: string }> {
  const createdAt = clock.nowMicros();
  const violations: FieldViolation[] = [];
  const problem = newNameProblem(name);
  if (problem !== undefined) violations.push({ field: "name", description: problem });
  if (expiresAt !== undefined && expiresAt <= createdAt)
    violations.push({ field: "expires", description: "must be in the future" });
  if (violations.length > 0) throw invalidFields(violations);
  const text = newTokenText();
  const token: Token = {
    id: newId(),
    name,
    digest: tokenDigest(text),
    createdAt,
    expiresAt,
    revokedAt: undefined,
    lastUsedAt: undefined,
  };
  await metadata.write((tx) => tx.tokens.insert(token));
  return { token, text };
}
