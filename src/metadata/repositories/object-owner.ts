import { eq } from "drizzle-orm";
import type { LabelledKind } from "../../domain/entities.ts";
import type { ObjectKey } from "../../domain/metadata-store.ts";
import type { Session } from "../session.ts";
import { objectSpecs } from "./object-specs.ts";
import { slot } from "./queries.ts";

const SPEC_OF = {
  namespace: "namespaces",
  experiment: "experiments",
  checkpoint: "checkpoints",
  model: "models",
  version: "versions",
} as const satisfies Record<LabelledKind, string>;

/** When an object was created; 0 when it is not there (it sorts last, and nothing finds it through its parent). */
export async function objectCreatedAt(session: Session, object: ObjectKey): Promise<number> {
  const { table } = objectSpecs(session.tables)[SPEC_OF[object.kind]];
  const build = () =>
    session.builder
      .select({ createdAt: table.createdAt })
      .from(table)
      .where(eq(table.id, slot(table.id, "id")));
  const [row] = await session.prepared(`${object.kind}.createdAt`, build, { id: object.id });
  return Number(row?.createdAt ?? 0);
}
