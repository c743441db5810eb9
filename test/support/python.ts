import { pythonWith, type PythonWith } from "../../scripts/python.ts";

/** Talks native gRPC. */
export function pythonWithGrpc(): PythonWith {
  return pythonWith("grpc", ["grpcio==1.85.1", "protobuf==7.36.2"]);
}

/** Knows what Kubernetes takes: it carries the schemas of every version. */
export function pythonWithKubernetesSchemas(): PythonWith {
  return pythonWith("kubernetes", ["kubernetes-validate==1.37.0"]);
}

/** With the libraries that write files of models. */
export function pythonWithFormats(): PythonWith {
  return pythonWith("formats", ["gguf==0.19.0", "numpy==2.4.6", "onnx==1.23.2", "safetensors==0.8.0"]);
}
