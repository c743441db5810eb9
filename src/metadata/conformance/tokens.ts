import { expect } from "bun:test";
import type { Token } from "../../domain/entities.ts";
import { newId } from "../../domain/ids.ts";
import { fails } from "./define.ts";
import type { Define } from "./define.ts";

function aToken(values: Partial<Token> = {}): Token {
  const id = newId();
  return {
    id,
    name: `token-${id}`,
    digest: new Bun.CryptoHasher("sha256").update(id).digest("hex"),
    createdAt: 1_700_000_000_000_001,
    expiresAt: undefined,
    revokedAt: undefined,
    lastUsedAt: undefined,
    ...values,
  };
}

/** Tokens are found by their digests, and stay as they are apart from their use and end. */
export function tokenTests(define: Define): void {
  define("a token is found by id, digest and name", async (store) => {
    const plain = aToken({ name: "ci" });
    const brief = aToken({ name: "ci", expiresAt: 1_800_000_000_000_001 });
    await store.write((tx) => tx.tokens.insert(plain));
    await store.write((tx) => tx.tokens.insert(brief));
    await store.read(async (tx) => {
      expect(await tx.tokens.get(plain.id)).toEqual(plain);
      expect(await tx.tokens.findByDigest(brief.digest)).toEqual(brief);
      expect(await tx.tokens.findByName("ci")).toEqual([plain, brief]);
      expect(await tx.tokens.get(newId())).toBeUndefined();
      expect(await tx.tokens.findByDigest("0".repeat(64))).toBeUndefined();
      expect(await tx.tokens.findByName("CI")).toEqual([]);
    });
  });

  define("a digest is taken once", async (store) => {
    const token = aToken();
    await store.write((tx) => tx.tokens.insert(token));
    await fails(
      store.write((tx) => tx.tokens.insert(aToken({ digest: token.digest }))),
      "already_exists",
    );
    expect(await store.read((tx) => tx.tokens.list(undefined, 10))).toEqual([token]);
  });

  define("tokens are listed in the order of their making, in pages", async (store) => {
    const made = [aToken(), aToken(), aToken()];
    for (const token of made) await store.write((tx) => tx.tokens.insert(token));
    await store.read(async (tx) => {
      expect(await tx.tokens.list(undefined, 2)).toEqual(made.slice(0, 2));
      expect(await tx.tokens.list(made[1]?.id, 2)).toEqual(made.slice(2));
      expect(await tx.tokens.list(made[2]?.id, 2)).toEqual([]);
    });
  });

  define("the first revocation of a token counts, and its last use", async (store) => {
    const token = aToken();
    const other = aToken();
    await store.write((tx) => tx.tokens.insert(token));
    await store.write((tx) => tx.tokens.insert(other));
    for (const at of [5, 7]) {
      await store.write(async (tx) => {
        await tx.tokens.revoke(token.id, at);
        await tx.tokens.noteUse(token.id, at);
        await tx.tokens.revoke(newId(), at);
      });
    }
    await store.read(async (tx) => {
      expect(await tx.tokens.get(token.id)).toEqual({ ...token, revokedAt: 5, lastUsedAt: 7 });
      expect(await tx.tokens.get(other.id)).toEqual(other);
    });
  });
}
