import { and, eq, sql } from "drizzle-orm";
import type { SQL } from "drizzle-orm";
import type { Experiment, Versioned } from "../../domain/entities.ts";
import { alreadyExists, conflict } from "../../domain/errors.ts";
import type { ListPage, ListQuery, MetadataWriter, NamedWriter } from "../../domain/metadata-store.ts";
import { listObjects } from "../list/lists.ts";
import type { Session } from "../session.ts";
import { deleteBelongings } from "./belongings.ts";
import { objectSpecs } from "./object-specs.ts";
import type { ObjectSpec } from "./object-specs.ts";
import { forKeys, inSlots, insertRows, slot } from "./queries.ts";

/** Objects of one kind. */
export class ObjectRepository<E extends Versioned> implements NamedWriter<E> {
  protected readonly session: Session;
  protected readonly spec: ObjectSpec<E>;

  constructor(session: Session, spec: ObjectSpec<E>) {
    this.session = session;
    this.spec = spec;
  }

  async get(id: string): Promise<E | undefined> {
    return await this.findWhere("get", () => eq(this.spec.table.id, slot(this.spec.table.id, "id")), { id });
  }

  async getMany(ids: readonly string[]): Promise<readonly E[]> {
    const { table, kind } = this.spec;
    const locks = this.#locks();
    const build = (size: number) => {
      const query = this.session.builder.select().from(table).where(inSlots(table.id, size));
      // In one order, so that two that lock the same rows don't wait for each other.
      return locks ? this.session.dialect.locked(query.orderBy(table.id)) : query;
    };
    const pages = await forKeys(this.session, `${kind}.getMany${locks ? ".locked" : ""}`, ids, build);
    return pages.flat().map((row) => this.spec.fromRow(row));
  }

  async findByName(parentId: string, name: string): Promise<E | undefined> {
    const { parent, name: column } = this.spec;
    const condition = () =>
      parent === undefined
        ? eq(column, slot(column, "name"))
        : and(eq(parent, slot(parent, "parentId")), eq(column, slot(column, "name")));
    return await this.findWhere("findByName", condition, { parentId, name });
  }

  async list(query: ListQuery): Promise<ListPage<E>> {
    return await listObjects(this.session, this.spec, query);
  }

  async insert(entity: E): Promise<void> {
    const { table, kind } = this.spec;
    const written = await insertRows(this.session, `${kind}.insert`, table, [this.spec.toRow(entity)]);
    if (written === 0) throw await this.clash(entity);
  }

  async update(entity: E): Promise<void> {
    const { table, kind } = this.spec;
    const { id, ...fields } = this.spec.toRow(entity);
    const build = () =>
      this.session.builder
        .update(table)
        .set(Object.fromEntries(Object.keys(fields).map((field) => [field, sql.placeholder(field)])))
        .where(
          and(eq(table.id, slot(table.id, "id")), eq(table.revision, slot(table.revision, "oldRevision"))),
        );
    const values = { ...fields, id, oldRevision: entity.revision - 1 };
    await this.refuseTakenName(entity);
    const result = await this.session.prepared(`${kind}.update`, build, values);
    if (this.session.dialect.affectedRows(result) === 0) {
      const message = `The ${this.spec.subject} "${this.spec.nameOf(entity)}" was changed by somebody else; read it again and retry.`;
      throw conflict("STALE", message, { id: entity.id });
    }
  }

  async delete(id: string): Promise<void> {
    const { table, kind } = this.spec;
    await deleteBelongings(this.session, kind, id);
    const build = () => this.session.builder.delete(table).where(eq(table.id, slot(table.id, "id")));
    await this.session.prepared(`${kind}.delete`, build, { id });
  }

  protected async findWhere(
    name: string,
    condition: () => SQL | undefined,
    values: Record<string, unknown>,
  ): Promise<E | undefined> {
    const { table, kind } = this.spec;
    const locks = this.#locks();
    const build = () => {
      const query = this.session.builder.select().from(table).where(condition()).limit(1);
      return locks ? this.session.dialect.locked(query) : query;
    };
    const [row] = await this.session.prepared(`${kind}.${name}${locks ? ".locked" : ""}`, build, values);
    return row === undefined ? undefined : this.spec.fromRow(row);
  }

  /** Asked before an update, since a failed statement would end the transaction on some databases. */
  protected async refuseTakenName(entity: E): Promise<void> {
    const holder = await this.findByName(this.#parentOf(entity), this.spec.nameOf(entity));
    if (holder !== undefined && holder.id !== entity.id) throw await this.clash(entity);
  }

  protected async clash(entity: E): Promise<Error> {
    return alreadyExists(this.spec.subject, this.spec.nameOf(entity));
  }

  #locks(): boolean {
    const { locks } = this.session;
    return locks === "all" || (locks === "objects" && this.spec.kind !== "namespace");
  }

  #parentOf(entity: E): string {
    const { parent } = this.spec;
    return parent === undefined ? "" : String(this.spec.toRow(entity)[parent.name]);
  }
}

class ExperimentRepository extends ObjectRepository<Experiment> {
  async findByExternalId(namespaceId: string, externalId: string): Promise<Experiment | undefined> {
    if (externalId === "") return undefined;
    const { experiments } = this.session.tables;
    const condition = () =>
      and(
        eq(experiments.namespaceId, slot(experiments.namespaceId, "namespaceId")),
        eq(experiments.externalId, slot(experiments.externalId, "externalId")),
      );
    return await this.findWhere("findByExternalId", condition, { namespaceId, externalId });
  }

  protected override async clash(entity: Experiment): Promise<Error> {
    const named = await this.findByName(entity.namespaceId, entity.name);
    if (named !== undefined && named.id !== entity.id) return await super.clash(entity);
    return alreadyExists("experiment with the external id", entity.externalId);
  }

  protected override async refuseTakenName(entity: Experiment): Promise<void> {
    await super.refuseTakenName(entity);
    const holder = await this.findByExternalId(entity.namespaceId, entity.externalId);
    if (holder !== undefined && holder.id !== entity.id) throw await this.clash(entity);
  }
}

/** The repositories of all kinds of named objects. */
export function createObjectRepositories(
  session: Session,
): Pick<MetadataWriter, "namespaces" | "experiments" | "checkpoints" | "models" | "versions"> {
  const specs = objectSpecs(session.tables);
  return {
    namespaces: new ObjectRepository(session, specs.namespaces),
    experiments: new ExperimentRepository(session, specs.experiments),
    checkpoints: new ObjectRepository(session, specs.checkpoints),
    models: new ObjectRepository(session, specs.models),
    versions: new ObjectRepository(session, specs.versions),
  };
}
