type Listener = (namespaceIds: ReadonlySet<string>) => void;

/** Who wants to know of commits. A listener that throws is the caller's mistake and must not stop the others. */
export class ChangeListeners {
  readonly #listeners = new Set<Listener>();

  add(listener: Listener): () => void {
    const own: Listener = (namespaceIds) => listener(namespaceIds);
    this.#listeners.add(own);
    return () => this.#listeners.delete(own);
  }

  tell(namespaceIds: ReadonlySet<string>): void {
    for (const listener of this.#listeners) {
      try {
        listener(namespaceIds);
      } catch (error) {
        reportError(error);
      }
    }
  }
}
