"""Writes files of models with their own libraries, and describes the tensors on standard output."""

import hashlib
import json
import sys
from pathlib import Path

import gguf
import numpy
import onnx
from onnx import helper, numpy_helper
from safetensors.numpy import save_file

folder = Path(sys.argv[1])
random = numpy.random.default_rng(7)
shapes = {
    "embed.weight": (3000, 800),
    "layer.0.weight": (1200, 1200),
    "layer.0.bias": (1200,),
    "layer.1.weight": (700, 700),
    "layer.1.bias": (700,),
    "head.weight": (16, 700),
}
first = {name: random.standard_normal(shape, dtype="float32") for name, shape in shapes.items()}
adapter = random.standard_normal((64, 800), dtype="float32")
second = {"adapter": adapter, **first, "layer.1.weight": first["layer.1.weight"] + 1}


def write_gguf(tensors, path):
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_token_list([f"token {index}" for index in range(32000)])
    writer.add_custom_alignment(64)
    for name, tensor in tensors.items():
        writer.add_tensor(name, tensor)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def write_onnx(tensors, path):
    value = helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, [1])
    result = helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, [1])
    initializers = [numpy_helper.from_array(tensor, name) for name, tensor in tensors.items()]
    graph = helper.make_graph(
        [helper.make_node("Identity", ["x"], ["y"])], "main", [value], [result], initializers
    )
    onnx.save(helper.make_model(graph, producer_name="test"), path)


for name, tensors in (("first", first), ("second", second)):
    save_file(tensors, folder / f"{name}.safetensors", metadata={"format": "np"})
    write_gguf(tensors, folder / f"{name}.gguf")
    write_onnx(tensors, folder / f"{name}.onnx")
    numpy.savez(folder / f"{name}.npz", **tensors)
print(json.dumps({name: hashlib.sha256(tensor.tobytes()).hexdigest() for name, tensor in first.items()}))
