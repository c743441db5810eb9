import { eq } from "drizzle-orm";
import type { Pack } from "../../domain/entities.ts";
import type { PackWriter } from "../../domain/chunk-rows.ts";
import type { Session } from "../session.ts";
import { insertRows, slot } from "./queries.ts";

/** Objects that have many chunks; the chunks' rows name them. */
export class PackRepository implements PackWriter {
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
  }

  async get(id: string): Promise<Pack | undefined> {
    const { builder, tables } = this.#session;
    const { packs } = tables;
    const build = () =>
      builder
        .select()
        .from(packs)
        .where(eq(packs.id, slot(packs.id, "id")));
    const [row] = await this.#session.prepared("packs.get", build, { id });
    return row;
  }

  async insert(pack: Pack): Promise<void> {
    const { packs } = this.#session.tables;
    await insertRows(this.#session, "packs.insert", packs, [{ ...pack }], { type: "strict", what: "packs" });
  }
}
