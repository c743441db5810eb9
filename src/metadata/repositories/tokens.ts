import { and, asc, eq, gt, isNull, sql } from "drizzle-orm";
import type { Token } from "../../domain/entities.ts";
import type { TokenWriter } from "../../domain/metadata-store.ts";
import type { Session } from "../session.ts";
import { insertRows, slot } from "./queries.ts";

type TokenRow = Session["tables"]["tokens"]["$inferSelect"];

/** Digests of bearer tokens, and what is known about each. */
export class TokenRepository implements TokenWriter {
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
  }

  async get(id: string): Promise<Token | undefined> {
    const { builder, tables } = this.#session;
    const { tokens } = tables;
    const build = () =>
      builder
        .select()
        .from(tokens)
        .where(eq(tokens.id, slot(tokens.id, "id")));
    const [row] = await this.#session.prepared("tokens.get", build, { id });
    return row === undefined ? undefined : tokenOf(row);
  }

  async findByDigest(digest: string): Promise<Token | undefined> {
    const { builder, tables } = this.#session;
    const { tokens } = tables;
    const build = () =>
      builder
        .select()
        .from(tokens)
        .where(eq(tokens.digest, slot(tokens.digest, "digest")));
    const [row] = await this.#session.prepared("tokens.byDigest", build, { digest });
    return row === undefined ? undefined : tokenOf(row);
  }

  async findByName(name: string): Promise<readonly Token[]> {
    const { builder, tables } = this.#session;
    const { tokens } = tables;
    const build = () =>
      builder
        .select()
        .from(tokens)
        .where(eq(tokens.name, slot(tokens.name, "name")))
        .orderBy(asc(tokens.id));
    return (await this.#session.prepared("tokens.byName", build, { name })).map(tokenOf);
  }

  async list(afterId: string | undefined, limit: number): Promise<readonly Token[]> {
    const { builder, tables } = this.#session;
    const { tokens } = tables;
    const build = () =>
      builder
        .select()
        .from(tokens)
        .where(gt(tokens.id, slot(tokens.id, "afterId")))
        .orderBy(asc(tokens.id))
        .limit(sql.placeholder("limit"));
    // No id sorts before "".
    const rows = await this.#session.prepared("tokens.list", build, { afterId: afterId ?? "", limit });
    return rows.map(tokenOf);
  }

  async insert(token: Token): Promise<void> {
    const { expiresAt = null, revokedAt = null, lastUsedAt = null } = token;
    const row = { ...token, expiresAt, revokedAt, lastUsedAt };
    await insertRows(this.#session, "tokens.insert", this.#session.tables.tokens, [row], {
      type: "strict",
      what: "tokens",
    });
  }

  async revoke(id: string, at: number): Promise<void> {
    const { builder, tables } = this.#session;
    const { tokens } = tables;
    const build = () =>
      builder
        .update(tokens)
        .set({ revokedAt: slot(tokens.revokedAt, "at") })
        .where(and(eq(tokens.id, slot(tokens.id, "id")), isNull(tokens.revokedAt)));
    await this.#session.prepared("tokens.revoke", build, { id, at });
  }

  async noteUse(id: string, at: number): Promise<void> {
    const { builder, tables } = this.#session;
    const { tokens } = tables;
    const build = () =>
      builder
        .update(tokens)
        .set({ lastUsedAt: slot(tokens.lastUsedAt, "at") })
        .where(eq(tokens.id, slot(tokens.id, "id")));
    await this.#session.prepared("tokens.noteUse", build, { id, at });
  }
}

function tokenOf({ expiresAt, revokedAt, lastUsedAt, ...rest }: TokenRow): Token {
  return {
    ...rest,
    expiresAt: expiresAt ?? undefined,
    revokedAt: revokedAt ?? undefined,
    lastUsedAt: lastUsedAt ?? undefined,
  };
}
