import { connect, createServer, type Server, type Socket } from "node:net";

/** "up" is from the client to the server. */
export type Direction = "up" | "down";

/** What happens to connections that are made from now on; the first of the list that has turns left applies. */
export type Fault =
  /** Every piece is held back for so long, in both directions. */
  | { readonly kind: "delay"; readonly ms: number }
  /** The connection is cut once so many bytes went through in a direction. */
  | { readonly kind: "cut"; readonly direction: Direction; readonly afterBytes: number }
  /** The connection is cut at once. */
  | { readonly kind: "drop" }
  /** The connection is taken, and nothing is ever answered. */
  | { readonly kind: "hang" }
  /** The first bytes of the client are answered with this text, whatever they are, and the connection is closed. */
  | { readonly kind: "answer"; readonly text: string };

/** Stands between a client and a server of any protocol over TCP, and does it harm. */
export interface TcpProxy extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  /** Connections that were made so far. */
  readonly connections: number;
  /** Bytes that went through so far. */
  readonly bytes: Readonly<Record<Direction, number>>;
  /** Cuts what is open, and does this to the next connections, as many as `times` says. */
  inject(fault: Fault, times?: number): void;
  /** Ends all faults; open connections that suffer from one are cut. */
  heal(): void;
}

/** Listens on a free port of this machine. */
export async function startTcpProxy(target: {
  readonly host: string;
  readonly port: number;
}): Promise<TcpProxy> {
  const open = new Set<Socket>();
  const bytes = { up: 0, down: 0 };
  let connections = 0;
  let fault: Fault | undefined;
  let turnsLeft = 0;

  const cutAll = (): void => {
    for (const socket of open) socket.resetAndDestroy();
  };
  const watch = (socket: Socket): void => {
    open.add(socket);
    // Both ends learn from "close"; an error of one that was cut is meant.
    socket.on("error", () => undefined);
    socket.on("close", () => open.delete(socket));
    socket.setNoDelay(true);
  };

  const server = createServer((client) => {
    connections += 1;
    watch(client);
    const mine = turnsLeft > 0 ? fault : undefined;
    turnsLeft -= 1;
    if (mine?.kind === "drop") {
      client.resetAndDestroy();
      return;
    }
    if (mine?.kind === "hang") {
      client.resume();
      return;
    }
    if (mine?.kind === "answer") {
      client.once("data", () => client.end(mine.text));
      client.resume();
      return;
    }
    const upstream = connect(target.port, target.host);
    watch(upstream);
    const cut = (): void => {
      client.resetAndDestroy();
      upstream.resetAndDestroy();
    };
    pass(client, upstream, "up", mine, bytes, cut);
    pass(upstream, client, "down", mine, bytes, cut);
  });

  return {
    host: "127.0.0.1",
    port: await listen(server),
    get connections() {
      return connections;
    },
    bytes,
    inject(next, times = Number.POSITIVE_INFINITY) {
      fault = next;
      turnsLeft = times;
      cutAll();
    },
    heal() {
      if (fault !== undefined) cutAll();
      fault = undefined;
      turnsLeft = 0;
    },
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve));
      cutAll();
      await closed;
    },
  };
}

/** Carries what comes from one socket to the other, no faster than that takes it. */
function pass(
  from: Socket,
  to: Socket,
  direction: Direction,
  fault: Fault | undefined,
  bytes: Record<Direction, number>,
  cut: () => void,
): void {
  let passedBytes = 0;
  const delayMs = fault?.kind === "delay" ? fault.ms : 0;
  const limit =
    fault?.kind === "cut" && fault.direction === direction ? fault.afterBytes : Number.POSITIVE_INFINITY;
  // Pieces stay in order: timers of the same length fire in the order in which they were set.
  const later = (work: () => void): void => void (delayMs > 0 ? setTimeout(work, delayMs) : work());
  from.on("data", (piece: Buffer) => {
    const allowed = piece.subarray(0, limit - passedBytes);
    passedBytes += allowed.byteLength;
    bytes[direction] += allowed.byteLength;
    later(() => {
      if (to.destroyed) return;
      const isLast = passedBytes >= limit;
      const hasRoom = to.write(allowed, () => isLast && cut());
      if (hasRoom) return;
      from.pause();
      to.once("drain", () => from.resume());
    });
  });
  from.on("end", () => later(() => to.end()));
  from.on("close", () => later(() => to.destroy()));
}

function listen(server: Server): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  server.once("error", reject);
  server.listen(0, "127.0.0.1", () => {
    const address = server.address();
    resolve(typeof address === "object" && address !== null ? address.port : 0);
  });
  return promise;
}
