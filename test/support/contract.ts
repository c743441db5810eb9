import type { DescMethod, DescService } from "@bufbuild/protobuf";
import { join } from "node:path";
import { root } from "../tidy/tracked-files.ts";

/** Every service that the contract has, found the way a new one would be: by its generated file. */
export async function servicesOfContract(): Promise<readonly DescService[]> {
  const gen = join(root, "src/gen");
  const services: DescService[] = [];
  for (const file of new Bun.Glob("**/*_pb.ts").scanSync(gen)) {
    const exports: Record<string, unknown> = await import(join(gen, file));
    for (const value of Object.values(exports)) if (isService(value)) services.push(value);
  }
  return services;
}

/** Every method of every service. */
export async function methodsOfContract(): Promise<readonly DescMethod[]> {
  return (await servicesOfContract()).flatMap((service) => service.methods);
}

function isService(value: unknown): value is DescService {
  return typeof value === "object" && value !== null && "kind" in value && value.kind === "service";
}
