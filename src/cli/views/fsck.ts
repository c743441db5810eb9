import type { ServerFsck } from "../../server/fsck.ts";
import type { Detail } from "../output/details.ts";
import { formatBytes } from "../output/format.ts";
import { placesDetail } from "./copy.ts";

type Finding = ServerFsck["findings"][number];

/** A finding on one line. */
export function findingLine({ kind, detail, sha256, objectKey, files, outcome }: Finding): string {
  const what = [kind, outcome === "found" ? "" : `(${outcome})`, sha256 === "" ? objectKey : sha256];
  const affected = files.length === 0 ? "" : `; affects ${files.join(", ")}`;
  return `${what.filter((word) => word !== "").join(" ")}: ${detail}${affected}`;
}

/** What was looked at, for people. */
export function fsckDetails({
  looked,
  spare,
  counts,
  outcomes,
  readData,
  storage,
  unlisted,
}: ServerFsck): readonly Detail[] {
  const read =
    readData === null
      ? "none"
      : `${looked.readChunks}, ${formatBytes(looked.readBytes)} (${readData.part}, seed ${readData.seed})`;
  const found = Object.values(counts).reduce((sum, count) => sum + count, 0);
  return [
    placesDetail("checked", storage),
    ["files", String(looked.files)],
    ["chunks", String(looked.chunks)],
    ["packs", String(looked.packs)],
    ["objects", `${looked.objects}, ${formatBytes(looked.objectBytes)}`],
    ["read", read],
    ["new, unnamed", objectsText(spare.fresh)],
    ["to be deleted", objectsText(spare.doomed)],
    [
      "findings",
      found === 0 ? "none" : `${found}${unlisted === 0 ? "" : `, ${unlisted} of them not listed`}`,
    ],
    ["repaired", found === 0 ? "" : String(outcomes.repaired)],
  ];
}

/** Why the command did not end well. */
export function fsckFailure({ outcomes, repair }: ServerFsck): string {
  const wrong = outcomes.found + outcomes.quarantined + outcomes.unrepaired;
  const what = wrong === 1 ? "One thing is wrong" : `${wrong} things are wrong`;
  if (!repair) return `${what}; run it with --repair to repair what can be`;
  return `${what} still; bring right bytes with --from-config, or upload the files that it names again`;
}

function objectsText({ objects, bytes }: { readonly objects: number; readonly bytes: number }): string {
  return objects === 0 ? "" : `${objects}, ${formatBytes(bytes)}`;
}
