import type { ModelBoxServer } from "./model-box-server.ts";

/** A unary call in JSON, as `curl` would make it; `method` is for example `ModelService/CreateModel`. */
export async function callJson(server: ModelBoxServer, method: string, request: object): Promise<unknown> {
  const response = await fetch(`${server.httpAddr}/modelbox.v1.${method}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(request),
  });
  if (!response.ok) throw new Error(`${method} answered ${response.status}: ${await response.text()}`);
  return await response.json();
}
