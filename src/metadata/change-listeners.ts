/** Who wants to know of commits. A listener that throws is the caller's mistake and must not stop the others. */
export class ChangeListeners {
  readonly #listeners = new Map<string, Set<() => void>>();

  /** The namespaces that somebody listens to. */
  get namespaceIds(): readonly string[] {
    return [...this.#listeners.keys()];
  }

  has(namespaceId: string): boolean {
    return this.#listeners.has(namespaceId);
  }

  add(namespaceId: string, listener: () => void): () => void {
    const own = (): void => listener();
    const all = this.#listeners.get(namespaceId) ?? new Set();
    this.#listeners.set(namespaceId, all.add(own));
    return () => {
      all.delete(own);
      if (all.size === 0 && this.#listeners.get(namespaceId) === all) this.#listeners.delete(namespaceId);
    };
  }

  tell(namespaceIds: Iterable<string>): void {
    for (const listener of [...namespaceIds].flatMap((id) => [...(this.#listeners.get(id) ?? [])])) {
      try {
        listener();
      } catch (error) {
        reportError(error);
      }
    }
  }
}
