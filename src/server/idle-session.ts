import type { ServerHttp2Session } from "node:http2";

/**
 * Closes a connection when no call has run on it for `idleMs`. Of clients that vanished without a word, as sleeping
 * laptops do, nothing else would ever tell. Clients of gRPC make a new connection with their next call.
 */
export function closeWhenIdle(session: ServerHttp2Session, idleMs: number): void {
  let running = 0;
  const timer = setTimeout(() => {
    if (running === 0) session.close();
  }, idleMs).unref();
  session.on("stream", (stream) => {
    running += 1;
    stream.once("close", () => {
      running -= 1;
      timer.refresh();
    });
  });
  session.once("close", () => clearTimeout(timer));
}
