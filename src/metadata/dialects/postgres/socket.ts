import { connect } from "node:net";
import type { Socket } from "node:net";
import { CONNECT_LIMIT_MS, ConnectionLostError } from "../remote/connection.ts";

/** A socket that is connected. The driver reads `host` from it, to check the name in the server's certificate. */
export async function connectSocket({ host, port }: { host: string; port: number }): Promise<Socket> {
  const socket = connect({ host, port });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timer = setTimeout(
    () => reject(new ConnectionLostError(`No connection within ${CONNECT_LIMIT_MS} ms.`)),
    CONNECT_LIMIT_MS,
  );
  socket.once("connect", resolve).once("error", reject);
  try {
    await promise;
    return Object.assign(socket, { host, port });
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    clearTimeout(timer);
    socket.off("connect", resolve).off("error", reject);
  }
}
