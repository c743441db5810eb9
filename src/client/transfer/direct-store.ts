import { ConnectionError, CorruptDataError } from "../errors.ts";
import type { HttpClient } from "../http-client.ts";
import { DIRECT_PROBE_TIMEOUT_MS, MAX_DIRECT_FAILURES } from "./limits.ts";

/**
 * The object store behind the server, as long as this client can use it. Whatever fails there can go through the server,
 * so that nobody need be told.
 */
export class DirectStore {
  readonly #http: HttpClient;
  readonly #signal: AbortSignal;
  #isOn: boolean;
  /** In a row. */
  #failures = 0;
  #reachable: Promise<boolean> | undefined;

  /** `isOffered`: the server lets clients use its store. The signal ends the transfer. */
  constructor(http: HttpClient, isOffered: boolean, signal: AbortSignal) {
    this.#http = http;
    this.#signal = signal;
    this.#isOn = isOffered;
  }

  /** False when the server must do it all. */
  get isOn(): boolean {
    return this.#isOn;
  }

  /** Does the work that goes to an address of the store; false when the store failed. What else fails is thrown. */
  async use(url: string, work: () => Promise<void>): Promise<boolean> {
    this.#reachable ??= this.#isReachable(new URL(url).origin);
    if (!this.#isOn || !(await this.#reachable)) return false;
    try {
      await work();
      this.#failures = 0;
      return true;
    } catch (error) {
      const isStoreAtFault = error instanceof ConnectionError || error instanceof CorruptDataError;
      if (this.#signal.aborted || !isStoreAtFault) throw error;
      this.#failures += 1;
      if (this.#failures >= MAX_DIRECT_FAILURES) this.#isOn = false;
      return false;
    }
  }

  /** Looked at once, and briefly: many stores are in a network that clients are not in, and then nothing answers. */
  async #isReachable(origin: string): Promise<boolean> {
    const signal = AbortSignal.any([this.#signal, AbortSignal.timeout(DIRECT_PROBE_TIMEOUT_MS)]);
    try {
      const response = await this.#http.sendOutside({ method: "GET", url: `${origin}/`, signal });
      await response.body?.cancel();
      return true;
    } catch {
      this.#isOn = false;
      return false;
    }
  }
}
