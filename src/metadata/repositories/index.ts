import type { MetadataWriter } from "../../domain/metadata-store.ts";
import type { Session } from "../session.ts";
import { ArtifactRepository } from "./artifacts.ts";
import { ChangeRepository } from "./changes.ts";
import { ChunkRepository } from "./chunks.ts";
import { EventRepository } from "./events.ts";
import { GarbageRepository } from "./garbage.ts";
import { EncodingRepository } from "./encodings.ts";
import { JobRepository } from "./jobs.ts";
import { LabelRepository } from "./labels.ts";
import { LeaseRepository } from "./leases.ts";
import { LineageRepository } from "./lineage.ts";
import { MetricRepository } from "./metrics.ts";
import { createObjectRepositories } from "./objects.ts";
import { PackRepository } from "./packs.ts";
import { RequestRepository } from "./requests.ts";
import { StorageRepository } from "./storage.ts";
import { TableRepository } from "./table-rows.ts";
import { TagRepository } from "./tags.ts";
import { TokenRepository } from "./tokens.ts";

/** All that a transaction can do. */
export function createRepositories(session: Session): MetadataWriter {
  return {
    ...createObjectRepositories(session),
    tags: new TagRepository(session),
    artifacts: new ArtifactRepository(session),
    chunks: new ChunkRepository(session),
    packs: new PackRepository(session),
    leases: new LeaseRepository(session),
    storage: new StorageRepository(session),
    labels: new LabelRepository(session),
    metrics: new MetricRepository(session),
    events: new EventRepository(session),
    lineage: new LineageRepository(session),
    changes: new ChangeRepository(session),
    requests: new RequestRepository(session),
    tokens: new TokenRepository(session),
    garbage: new GarbageRepository(session),
    encodings: new EncodingRepository(session),
    jobs: new JobRepository(session),
    tables: new TableRepository(session),
  };
}
