import type { Artifact, Event, Versioned } from "../../domain/entities.ts";
import type { ListPage, ListQuery } from "../../domain/metadata-store.ts";
import type { ObjectSpec } from "../repositories/object-specs.ts";
import type { Session } from "../session.ts";
import type { Tables } from "../tables.ts";
import { readPage } from "./run.ts";
import type { ListSpec } from "./spec.ts";
import { artifactListSpec, eventListSpec, objectListSpec } from "./specs.ts";

const specs = new WeakMap<Tables, Map<string, ListSpec<unknown>>>();

/** A page of objects of one kind. */
export async function listObjects<E extends Versioned>(
  session: Session,
  spec: ObjectSpec<E>,
  query: ListQuery,
): Promise<ListPage<E>> {
  return await readPage(
    session,
    remembered(session.tables, spec.kind, () => objectListSpec(spec, session.tables)),
    query,
  );
}

/** A page of artifacts. */
export async function listArtifacts(session: Session, query: ListQuery): Promise<ListPage<Artifact>> {
  return await readPage(
    session,
    remembered(session.tables, "artifact", () => artifactListSpec(session.tables)),
    query,
  );
}

/** A page of events. */
export async function listEvents(session: Session, query: ListQuery): Promise<ListPage<Event>> {
  return await readPage(
    session,
    remembered(session.tables, "event", () => eventListSpec(session.tables)),
    query,
  );
}

function remembered<E>(tables: Tables, name: string, make: () => ListSpec<E>): ListSpec<E> {
  let known = specs.get(tables);
  if (known === undefined) specs.set(tables, (known = new Map()));
  let spec = known.get(name) as ListSpec<E> | undefined;
  if (spec === undefined) {
    spec = make();
    known.set(name, spec);
  }
  return spec;
}
