import { isNoRoom, isWorthAnotherTry } from "../blob-error.ts";
import { ConnectionError } from "../errors.ts";
import type { HttpClient } from "../http-client.ts";
import {
  BLOB_PROBE_TIMEOUT_MS,
  FIRST_BLOB_PAUSE_MS,
  LONGEST_BLOB_PAUSE_MS,
  SILENCE_CHECK_MS,
  SILENCE_TIMEOUT_MS,
} from "./limits.ts";

/** Statuses of a server that has stopped, or is about to, and of a proxy that can't reach it. */
const AWAY_STATUSES: ReadonlySet<number> = new Set([502, 503, 504]);

interface BlobAddress {
  readonly url: string;
  /** Since it last worked; 0 while it does. */
  failures: number;
  /** From when on to ask whether it works again, by performance.now(). */
  askAgainAtMs: number;
}

/**
 * The base addresses of the blob routes. Work is spread over them; one that fails is left out until it answers again,
 * and what failed there goes to the next one at once.
 */
export class BlobAddresses {
  readonly all: readonly string[];
  readonly #http: HttpClient;
  readonly #signal: AbortSignal;
  readonly #addresses: readonly BlobAddress[];
  #next = 0;

  private constructor(http: HttpClient, urls: readonly string[], signal: AbortSignal) {
    this.all = urls;
    this.#http = http;
    this.#signal = signal;
    this.#addresses = urls.map((url) => ({ url, failures: 0, askAgainAtMs: 0 }));
  }

  /**
   * Looks first which of several addresses answer: to send to a machine that is gone can take minutes to fail. `urls`
   * has at least one, without a slash at the end; the signal ends what goes on behind the transfer's back.
   */
  static async open(http: HttpClient, urls: readonly string[], signal: AbortSignal): Promise<BlobAddresses> {
    const opened = new BlobAddresses(http, urls, signal);
    if (urls.length > 1) await Promise.all(opened.#addresses.map((address) => opened.#ask(address)));
    return opened;
  }

  /**
   * Does the work with one address, and with another where it is the address that fails. Throws the last failure when
   * all have failed. The signal ends work with an address that has fallen silent, where there is another.
   */
  async use<T>(work: (address: string, silence: AbortSignal) => Promise<T>): Promise<T> {
    for (let left = this.#addresses.length; ; left -= 1) {
      const address = this.#take();
      using watch = this.#watch(address.url);
      try {
        const result = await work(address.url, watch.silence);
        address.failures = 0;
        return result;
      } catch (error) {
        if (!isAddressAtFault(error)) throw error;
        // Of many requests that fail together the first one counts.
        if (address.failures === 0) this.#pause(address);
        if (left <= 1 || this.#signal.aborted) throw error;
      }
    }
  }

  /** The next one of those that work; of all when none does. */
  #take(): BlobAddress {
    const now = performance.now();
    for (const address of this.#addresses) {
      if (address.failures > 0 && this.all.length > 1 && now >= address.askAgainAtMs) void this.#ask(address);
    }
    const working = this.#addresses.filter(({ failures }) => failures === 0);
    const choice = working.length > 0 ? working : this.#addresses;
    const address = choice[this.#next % choice.length];
    if (address === undefined) throw new RangeError("there is no address to take");
    this.#next += 1;
    return address;
  }

  #pause(address: BlobAddress): void {
    const pauseMs = Math.min(FIRST_BLOB_PAUSE_MS * 2 ** address.failures, LONGEST_BLOB_PAUSE_MS);
    address.failures += 1;
    address.askAgainAtMs = performance.now() + pauseMs;
  }

  /**
   * A machine that is gone closes no connections: asks now and then whether somebody is still there. Whether its storage
   * works does not matter: who waits for that is told.
   */
  #watch(url: string): Disposable & { readonly silence: AbortSignal } {
    const silent = new AbortController();
    const look = async (): Promise<void> => {
      if ((await this.#statusOf(`${url}/healthz`, SILENCE_TIMEOUT_MS)) !== undefined) return;
      const message = `${url} does not answer any more; check the network, then try again.`;
      silent.abort(new ConnectionError(message, { address: url, maybeSeen: true }));
    };
    const timer = this.all.length > 1 ? setInterval(() => void look(), SILENCE_CHECK_MS) : undefined;
    return { silence: silent.signal, [Symbol.dispose]: () => clearInterval(timer) };
  }

  /** Finds out whether an address can be used. Never throws. */
  async #ask(address: BlobAddress): Promise<void> {
    // Not asked again meanwhile.
    address.askAgainAtMs = Number.POSITIVE_INFINITY;
    const status = await this.#statusOf(`${address.url}/readyz`, BLOB_PROBE_TIMEOUT_MS);
    if (status === undefined || AWAY_STATUSES.has(status)) this.#pause(address);
    else address.failures = 0;
  }

  /** How a question is answered; undefined when it is not. */
  async #statusOf(url: string, limitMs: number): Promise<number | undefined> {
    const signal = AbortSignal.any([this.#signal, AbortSignal.timeout(limitMs)]);
    try {
      const response = await this.#http.send({ method: "GET", url, signal });
      await response.body?.cancel();
      return response.status;
    } catch {
      return undefined;
    }
  }
}

/** Whether another address may do better. What makes no sense anywhere is told at once. */
function isAddressAtFault(error: unknown): boolean {
  return error instanceof ConnectionError || (isWorthAnotherTry(error) && !isNoRoom(error));
}
