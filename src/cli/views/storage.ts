import type {
  NamespaceStorage,
  ObjectStorage,
  ServerStorage,
} from "../../gen/modelbox/v1/storage_service_pb.ts";
import type { Detail } from "../output/details.ts";
import { formatBytes, formatBytesExactly, formatTime } from "../output/format.ts";
import type { ListView } from "../output/output.ts";
import type { Column } from "../output/table.ts";
import { kindName } from "./kind.ts";

/** What namespaces take. */
export const namespaceStorageView: ListView<NamespaceStorage> = {
  plural: "projects",
  id: (row) => row.namespaceId,
  columns: [
    { header: "PROJECT", value: (row) => row.name },
    { header: "FILES", value: (row) => String(row.fileCount), align: "right" },
    bytes("LOGICAL", (row) => row.logicalBytes),
    bytes("DISTINCT", (row) => row.distinctBytes),
    bytes("STORED", (row) => row.storedBytes),
    bytes("QUOTA", (row) => row.quotaBytes),
  ],
};

/** What objects take. */
export const objectStorageView: ListView<ObjectStorage> = {
  plural: "objects with files",
  id: (row) => row.objectId,
  columns: [
    { header: "KIND", value: (row) => kindName(row.objectKind) },
    { header: "OBJECT", value: (row) => row.objectPath },
    bytes("LOGICAL", (row) => row.logicalBytes),
    bytes("EXCLUSIVE", (row) => row.exclusiveBytes),
    bytes("SHARED", (row) => row.sharedBytes),
  ],
};

export function namespaceStorageDetails(storage: NamespaceStorage): readonly Detail[] {
  const quota: readonly Detail[] =
    storage.quotaBytes === undefined
      ? []
      : [
          ["quota", formatBytesExactly(storage.quotaBytes)],
          ["reserved", formatBytesExactly(storage.reservedBytes)],
        ];
  return [["project", storage.name], ...quota, ...sums(storage), measured(storage)];
}

export function serverStorageDetails(storage: ServerStorage): readonly Detail[] {
  return [
    ...sums(storage),
    ["unused", formatBytesExactly(storage.unusedBytes)],
    ["condemned", formatBytesExactly(storage.condemnedBytes)],
    ["dead in packs", formatBytesExactly(storage.deadPackBytes)],
    ["on its way out", formatBytesExactly(storage.doomedBytes)],
    ["total", formatBytesExactly(storage.totalBytes)],
    measured(storage),
  ];
}

function sums(storage: NamespaceStorage | ServerStorage): readonly Detail[] {
  return [
    ["files", String(storage.fileCount)],
    ["logical", formatBytesExactly(storage.logicalBytes)],
    ["distinct", formatBytesExactly(storage.distinctBytes)],
    ["stored", formatBytesExactly(storage.storedBytes)],
    ["saved by reuse", formatBytesExactly(storage.savedByReuseBytes)],
    ["saved by encoding", formatBytesExactly(storage.savedByEncodingBytes)],
  ];
}

function measured(storage: NamespaceStorage | ServerStorage): Detail {
  return ["measured", formatTime(storage.measuredAt)];
}

function bytes<Row>(header: string, of: (row: Row) => bigint | undefined): Column<Row> {
  const value = (row: Row): string => {
    const size = of(row);
    return size === undefined ? "" : formatBytes(size);
  };
  return { header, value, align: "right" };
}
