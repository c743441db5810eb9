import { createServer, request, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { S3Server } from "../support/s3-server.ts";
import type { Steps } from "./faults.ts";

/** A place in front of a real object store where requests of one process go wrong. Disposing drops its connections. */
export interface FaultGateway extends AsyncDisposable {
  readonly endpoint: string;
}

/** Opens a gateway whose requests are steps of a process. */
export async function openGateway(store: S3Server, steps: Steps): Promise<FaultGateway> {
  const server = createServer((incoming, answer) => {
    const fault = faultOf(steps, incoming);
    if (fault === "drop") incoming.socket.destroy();
    else if (fault === "500" || fault === "503") refuse(incoming, answer, Number(fault));
    else forward(store, steps, incoming, answer, fault);
  });
  server.listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function faultOf(steps: Steps, { method, url }: IncomingMessage): string | undefined {
  try {
    steps.take("request", `${method} ${url}`);
    return undefined;
  } catch (error) {
    return error instanceof Error && "code" in error ? String(error.code) : "drop";
  }
}

function refuse(incoming: IncomingMessage, answer: ServerResponse, status: number): void {
  const code = status === 503 ? "SlowDown" : "InternalError";
  incoming.resume();
  incoming.once("end", () => {
    answer.writeHead(status, { "Content-Type": "application/xml" });
    answer.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>made up</Message></Error>`);
  });
}

function forward(
  { host, port }: S3Server,
  steps: Steps,
  incoming: IncomingMessage,
  answer: ServerResponse,
  fault: string | undefined,
): void {
  const { method, url: path, rawHeaders: headers } = incoming;
  const outgoing = request({ host, port, method, path, headers, agent: false }, (response) => {
    // The store has done what it was asked for, and nobody learns of it.
    if (fault === "lost" || steps.isKilled) {
      response.resume();
      incoming.socket.destroy();
      return;
    }
    answer.writeHead(response.statusCode ?? 500, response.rawHeaders);
    if (fault !== "cut") {
      response.pipe(answer);
      return;
    }
    response.once("data", (piece: Buffer) => {
      answer.write(piece.subarray(0, piece.byteLength / 2), () => incoming.socket.destroy());
      response.destroy();
    });
    response.once("end", () => incoming.socket.destroy());
  });
  outgoing.once("error", () => incoming.socket.destroy());
  incoming.pipe(outgoing);
}
