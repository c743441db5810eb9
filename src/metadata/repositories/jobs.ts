import { and, eq, lte, or } from "drizzle-orm";
import type { Job } from "../../domain/entities.ts";
import type { JobWriter } from "../../domain/background-work.ts";
import type { Session } from "../session.ts";
import { insertRows, slot } from "./queries.ts";

/** Who does which work in the background, and how far it is. */
export class JobRepository implements JobWriter {
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
  }

  async get(name: string): Promise<Job | undefined> {
    const { builder, tables } = this.#session;
    const { jobs } = tables;
    const build = () =>
      builder
        .select()
        .from(jobs)
        .where(eq(jobs.name, slot(jobs.name, "name")));
    const [row] = await this.#session.prepared("jobs.get", build, { name });
    return row;
  }

  async hold(name: string, holder: string, now: number, heldUntil: number): Promise<Job | undefined> {
    const { builder, tables } = this.#session;
    const { jobs } = tables;
    const fresh = { name, holder, heldUntil, position: "", startedAt: now, finishedAt: 0, result: "" };
    if ((await insertRows(this.#session, "jobs.insert", jobs, [fresh])) > 0) return fresh;
    const take = () =>
      builder
        .update(jobs)
        .set({ holder: slot(jobs.holder, "holder"), heldUntil: slot(jobs.heldUntil, "heldUntil") })
        .where(
          and(
            eq(jobs.name, slot(jobs.name, "name")),
            or(
              eq(jobs.holder, slot(jobs.holder, "holder")),
              lte(jobs.heldUntil, slot(jobs.heldUntil, "now")),
            ),
          ),
        );
    const taken = await this.#session.prepared("jobs.take", take, { name, holder, now, heldUntil });
    if (this.#session.dialect.affectedRows(taken) === 0 && !(await this.#isHeldBy(name, holder)))
      return undefined;
    const begin = () =>
      builder
        .update(jobs)
        .set({ startedAt: slot(jobs.startedAt, "now") })
        .where(and(eq(jobs.name, slot(jobs.name, "name")), eq(jobs.position, "")));
    await this.#session.prepared("jobs.begin", begin, { name, now });
    return await this.get(name);
  }

  async advance(name: string, holder: string, position: string): Promise<boolean> {
    const { builder, tables } = this.#session;
    const { jobs } = tables;
    const build = () =>
      builder
        .update(jobs)
        .set({ position: slot(jobs.position, "position") })
        .where(and(eq(jobs.name, slot(jobs.name, "name")), eq(jobs.holder, slot(jobs.holder, "holder"))));
    const result = await this.#session.prepared("jobs.advance", build, { name, holder, position });
    return this.#session.dialect.affectedRows(result) > 0 || (await this.#isHeldBy(name, holder));
  }

  /** MySQL counts only rows that an update has changed: one that is as it should be already is not among them. */
  async #isHeldBy(name: string, holder: string): Promise<boolean> {
    return (await this.get(name))?.holder === holder;
  }

  async release(
    name: string,
    holder: string,
    done?: { readonly at: number; readonly result: string },
  ): Promise<void> {
    const { builder, tables } = this.#session;
    const { jobs } = tables;
    const held = () =>
      and(eq(jobs.name, slot(jobs.name, "name")), eq(jobs.holder, slot(jobs.holder, "holder")));
    if (done !== undefined) {
      const finish = () =>
        builder
          .update(jobs)
          .set({ position: "", finishedAt: slot(jobs.finishedAt, "at"), result: slot(jobs.result, "result") })
          .where(held());
      await this.#session.prepared("jobs.finish", finish, { name, holder, ...done });
    }
    const letGo = () => builder.update(jobs).set({ holder: "", heldUntil: 0 }).where(held());
    await this.#session.prepared("jobs.release", letGo, { name, holder });
  }
}
