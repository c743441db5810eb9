import type { ArtifactView } from "../../domain/views.ts";
import type { Caller, ServiceContext } from "../context.ts";
import { resolveArtifact } from "../references/resolve.ts";
import { artifactView } from "../views/artifacts.ts";

export function getArtifact(context: ServiceContext, caller: Caller, id: string): Promise<ArtifactView> {
  return context.metadata.read(async (tx) =>
    artifactView(tx, (await resolveArtifact(tx, caller, id)).artifact),
  );
}
