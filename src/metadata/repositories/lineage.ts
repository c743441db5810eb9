import { and, asc, eq, sql } from "drizzle-orm";
import type { LineageEdge } from "../../domain/entities.ts";
import type { LineageWriter } from "../../domain/metadata-store.ts";
import type { Session } from "../session.ts";
import { forKeys, inSlots, insertRows, slot } from "./queries.ts";

type EdgeRow = Session["tables"]["lineageEdges"]["$inferSelect"];

/** Edges between what was made and what it was made from. */
export class LineageRepository implements LineageWriter {
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
  }

  async edges(
    namespaceId: string,
    nodes: readonly string[],
    direction: "ancestors" | "descendants",
    limit: number,
  ): Promise<readonly LineageEdge[]> {
    const { builder, tables } = this.#session;
    const { lineageEdges: edges } = tables;
    const end = direction === "descendants" ? edges.sourceDigest : edges.targetDigest;
    const build = (size: number) =>
      builder
        .select()
        .from(edges)
        .where(and(eq(edges.namespaceId, slot(edges.namespaceId, "namespaceId")), inSlots(end, size)))
        .limit(sql.placeholder("limit"));
    const digests = nodes.map(digestOf);
    const pages = await forKeys(this.#session, `lineage.${direction}`, digests, build, {
      namespaceId,
      limit,
    });
    return pages.flat().slice(0, limit).map(edgeOf);
  }

  async add(edges: readonly LineageEdge[]): Promise<readonly LineageEdge[]> {
    const { lineageEdges } = this.#session.tables;
    const wanted = new Map(edges.map((edge) => [edgeDigest(edge), edge]));
    const known = new Set((await this.#find([...wanted.keys()])).map((row) => row.digest));
    const missing = [...wanted].filter(([digest]) => !known.has(digest));
    const rows = missing.map(([digest, edge]) => ({
      ...edge,
      digest,
      sourceDigest: digestOf(edge.source),
      targetDigest: digestOf(edge.target),
    }));
    await insertRows(this.#session, "lineage.insert", lineageEdges, rows);
    return missing.map(([, edge]) => edge);
  }

  async remove(edges: readonly LineageEdge[]): Promise<readonly LineageEdge[]> {
    const { builder, tables } = this.#session;
    const { lineageEdges } = tables;
    const rows = await this.#find(edges.map(edgeDigest));
    const digests = rows.map((row) => row.digest);
    const build = (size: number) => builder.delete(lineageEdges).where(inSlots(lineageEdges.digest, size));
    await forKeys(this.#session, "lineage.delete", digests, build);
    return rows.map(edgeOf);
  }

  async #find(digests: readonly string[]): Promise<readonly EdgeRow[]> {
    const { builder, tables } = this.#session;
    const { lineageEdges } = tables;
    const build = (size: number) =>
      builder
        .select()
        .from(lineageEdges)
        .where(inSlots(lineageEdges.digest, size))
        .orderBy(asc(lineageEdges.digest));
    return (await forKeys(this.#session, "lineage.find", digests, build)).flat();
  }
}

function edgeDigest(edge: LineageEdge): string {
  return digestOf(JSON.stringify([edge.namespaceId, edge.source, edge.target, edge.relation]));
}

function digestOf(text: string): string {
  return new Bun.CryptoHasher("sha256").update(text).digest("hex");
}

function edgeOf(row: EdgeRow): LineageEdge {
  const { namespaceId, source, target, relation, createdAt } = row;
  return { namespaceId, source, target, relation, createdAt };
}
