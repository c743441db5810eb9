import type { TagAssignment } from "../../gen/modelbox/v1/model_version_service_pb.ts";
import { formatTime } from "../output/format.ts";
import type { ListView } from "../output/output.ts";

/** That a version had a tag for a time. */
export const tagView: ListView<TagAssignment> = {
  plural: "tags",
  id: (assignment) => assignment.versionId,
  columns: [
    { header: "TAG", value: (assignment) => assignment.tag },
    { header: "VERSION", value: (assignment) => assignment.version },
    { header: "SINCE", value: (assignment) => formatTime(assignment.setAt) },
    { header: "UNTIL", value: (assignment) => formatTime(assignment.unsetAt) },
    { header: "BY", value: (assignment) => assignment.actor, shrinks: true },
    { header: "VERSION ID", value: (assignment) => assignment.versionId, optional: true },
  ],
};
