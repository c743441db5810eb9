import { MAX_NAME_LENGTH } from "../../domain/limits.ts";
import type { ColumnKit } from "../kits/sqlite.ts";

/** Who may call. */
export function accessTables(kit: ColumnKit) {
  const { table, index, uniqueIndex } = kit;
  const tokens = table(
    "tokens",
    {
      id: kit.id().primaryKey(),
      name: kit.text(MAX_NAME_LENGTH).notNull(),
      digest: kit.digest().notNull(),
      createdAt: kit.whole().notNull(),
      expiresAt: kit.whole(),
      revokedAt: kit.whole(),
      lastUsedAt: kit.whole(),
    },
    (t) => [uniqueIndex("tokens_digest").on(t.digest), index("tokens_name").on(t.name, t.id)],
  );
  return { tokens };
}
