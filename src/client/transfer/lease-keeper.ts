import type { Lease } from "../../gen/modelbox/v1/lease_service_pb.ts";
import { ConnectionError } from "../errors.ts";
import type { ModelBoxClient } from "../model-box-client.ts";

/** Renewals per life of a lease, so that a lost one or two do no harm. */
const RENEWALS_PER_TTL = 3;
const DEFAULT_TTL_MS = 60_000;
const RELEASE_TIMEOUT_MS = 5_000;

/** Renews a lease until it is disposed, and gives it back then if that is wanted. */
export class LeaseKeeper implements AsyncDisposable {
  readonly id: string;
  readonly #leases: ModelBoxClient["leases"];
  readonly #onLost: (error: unknown) => void;
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #stopped = new AbortController();
  readonly #whenDone: "give back" | "let expire";

  /**
   * `onLost` is called when the server says that the lease has ended. An upload's lease is to expire by itself: what
   * was sent under it is known as long as it has not been given back, so the next try goes on from there.
   */
  constructor(
    leases: ModelBoxClient["leases"],
    lease: Lease,
    whenDone: "give back" | "let expire",
    onLost: (error: unknown) => void,
  ) {
    this.id = lease.id;
    this.#whenDone = whenDone;
    this.#leases = leases;
    this.#onLost = onLost;
    this.#timer = setInterval(() => void this.#renew(), ttlMs(lease) / RENEWALS_PER_TTL);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    this.#stopped.abort();
    if (this.#whenDone === "let expire") return;
    try {
      await this.#leases.releaseLease({ leaseId: this.id }, { timeoutMs: RELEASE_TIMEOUT_MS });
    } catch {
      // It ends by itself soon; what went wrong before is what the user must hear of.
    }
  }

  async #renew(): Promise<void> {
    try {
      await this.#leases.renewLease({ leaseId: this.id }, { signal: this.#stopped.signal });
    } catch (error) {
      // While the server can't be reached the lease may still live: whoever uses it finds out.
      if (!this.#stopped.signal.aborted && !(error instanceof ConnectionError)) this.#onLost(error);
    }
  }
}

function ttlMs(lease: Lease): number {
  const { ttl } = lease;
  if (ttl === undefined) return DEFAULT_TTL_MS;
  return Number(ttl.seconds) * 1000 + ttl.nanos / 1_000_000;
}
