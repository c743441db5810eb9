/** Values by name, as many as the limit; the one that was used longest ago goes. */
export class RecentMap<T> {
  readonly #limit: number;
  readonly #values = new Map<string, T>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  get(name: string): T | undefined {
    const value = this.#values.get(name);
    if (value !== undefined) this.#put(name, value);
    return value;
  }

  set(name: string, value: T): void {
    this.#put(name, value);
    for (const oldest of this.#values.keys()) {
      if (this.#values.size <= this.#limit) return;
      this.#values.delete(oldest);
    }
  }

  delete(name: string): void {
    this.#values.delete(name);
  }

  /** A map keeps the order in which it was filled. */
  #put(name: string, value: T): void {
    this.#values.delete(name);
    this.#values.set(name, value);
  }
}
