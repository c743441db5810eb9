import { create, toBinary, type DescFile } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema, type FileDescriptorProto } from "@bufbuild/protobuf/wkt";

/** The FileDescriptorSet of these files and all that they import, imports first, as protobuf tools expect it. */
export function descriptorSet(files: readonly DescFile[]): Uint8Array<ArrayBuffer> {
  const protos = new Map<string, FileDescriptorProto>();
  const add = (file: DescFile): void => {
    if (protos.has(file.proto.name)) return;
    for (const dependency of file.dependencies) add(dependency);
    protos.set(file.proto.name, file.proto);
  };
  for (const file of files) add(file);
  return toBinary(FileDescriptorSetSchema, create(FileDescriptorSetSchema, { file: [...protos.values()] }));
}
