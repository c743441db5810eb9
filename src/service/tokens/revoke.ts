import type { Token } from "../../domain/entities.ts";
import { failedPrecondition, notFound } from "../../domain/errors.ts";
import { isId } from "../../domain/ids.ts";
import type { MetadataReader } from "../../domain/metadata-store.ts";
import type { TokenContext } from "./create.ts";

/** Revokes the token with this id or name, for good; one that was revoked already is returned as it is. */
export async function revokeToken({ metadata, clock }: TokenContext, reference: string): Promise<Token> {
  return metadata.write(async (tx) => {
    const token = await find(tx, reference);
    if (token.revokedAt !== undefined) return token;
    const revokedAt = clock.nowMicros();
    await tx.tokens.revoke(token.id, revokedAt);
    return { ...token, revokedAt };
  });
}

async function find(tx: MetadataReader, reference: string): Promise<Token> {
  const byId = isId(reference) ? await tx.tokens.get(reference) : undefined;
  if (byId !== undefined) return byId;
  const named = await tx.tokens.findByName(reference);
  const open = named.filter((token) => token.revokedAt === undefined);
  if (open.length > 1) {
    throw failedPrecondition(
      "NAME_AMBIGUOUS",
      `${open.length} tokens have the name "${reference}": name the one to revoke by its id, ${open.map((token) => token.id).join(" or ")}.`,
      { name: reference },
    );
  }
  const token = open[0] ?? named.at(-1);
  if (token === undefined) throw notFound("token", reference);
  return token;
}
