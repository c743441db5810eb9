import { createServer, connect } from "node:net";
import type { AddressInfo, Socket } from "node:net";

/** What lies between a program and a server, and can fail. */
export interface TcpProxy extends AsyncDisposable {
  readonly port: number;
  /** Ends all connections at once; new ones are taken. */
  cut(): void;
  /** From now on nothing passes, on connections that are open and on new ones. */
  hold(): void;
  /** What was held passes again. */
  release(): void;
  /** Refuses new connections, and ends those that are open, until `release`. */
  refuse(): void;
  /**
   * Once a program sends these bytes they still reach the server; its answer does not come back, and its connection
   * ends, or is reset as by a machine that has forgotten it.
   */
  cutAfter(text: string, how?: "end" | "reset"): void;
}

/** A proxy on a free port to a port of this machine. */
export async function startTcpProxy(targetPort: number): Promise<TcpProxy> {
  const pairs = new Set<readonly [Socket, Socket]>();
  let refusing = false;
  let holding = false;
  let trigger: string | undefined;
  let isReset = false;
  const cut = () => {
    for (const [inside, outside] of pairs) {
      inside.destroy();
      outside.destroy();
    }
    pairs.clear();
  };
  const server = createServer((inside) => {
    if (refusing) {
      inside.destroy();
      return;
    }
    const outside = connect(targetPort, "127.0.0.1");
    const pair = [inside, outside] as const;
    pairs.add(pair);
    let mute = false;
    const end = () => {
      inside.destroy();
      outside.destroy();
      pairs.delete(pair);
    };
    for (const socket of pair) socket.on("error", end).on("close", end);
    inside.on("data", (bytes) => {
      if (trigger !== undefined && bytes.includes(trigger)) {
        trigger = undefined;
        mute = true;
      }
      outside.write(bytes);
    });
    outside.on("data", (bytes) => {
      // The answer says that the server has done it.
      if (mute && isReset) inside.resetAndDestroy();
      if (mute) end();
      else inside.write(bytes);
    });
    if (holding) for (const socket of pair) socket.pause();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    cut,
    hold() {
      holding = true;
      for (const pair of pairs) for (const socket of pair) socket.pause();
    },
    release() {
      holding = false;
      refusing = false;
      for (const pair of pairs) for (const socket of pair) socket.resume();
    },
    refuse() {
      refusing = true;
      cut();
    },
    cutAfter(text, how = "end") {
      trigger = text;
      isReset = how === "reset";
    },
    async [Symbol.asyncDispose]() {
      cut();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
