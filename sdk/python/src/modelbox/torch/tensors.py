# pyright: basic, reportMissingImports=false, reportAttributeAccessIssue=false
"""Tensors of PyTorch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch

from modelbox.errors import InvalidInput
from modelbox.state.arrays import Array, Placed, Tag
from modelbox.state.dtypes import DTYPES, Dtype
from modelbox.state.memory import Memory
from modelbox.torch.memory import bytes_of, pinned_memory

_PREFIX = "torch."


class TorchKind:
    """Tensors, and sizes, types and devices of PyTorch. Parameters are stored as the tensors that they are."""

    tags: frozenset[Tag] = frozenset({"tensor"})

    def __init__(self, map_location: Any = None) -> None:
        """`map_location` is the device that restored tensors go to, the CPU by default."""
        try:
            self._device = torch.device("cpu" if map_location is None else map_location)
        except (RuntimeError, TypeError) as error:
            raise InvalidInput(f'map_location is a device such as "cpu" or "cuda:0": {error}') from None

    def describe(self, value: Any, where: str) -> Array | None:
        if not isinstance(value, torch.Tensor):
            return None
        _refuse_special(value, where)
        dtype = DTYPES.get(str(value.dtype).removeprefix(_PREFIX))
        if dtype is None:
            raise InvalidInput(f"{where} is a tensor of {value.dtype}, which can't be stored; convert it.")
        tensor = value.detach()
        identity: Any = ("tensor", id(value))
        if tensor.numel() > 0:
            place = (str(tensor.device), tensor.data_ptr(), tensor.is_conj(), tensor.is_neg())
            identity = ("memory", *place, dtype.name, tuple(tensor.shape), tensor.stride())
        return Array("tensor", tensor, dtype, tuple(tensor.shape), identity)

    def memory_for(self, arrays: Sequence[Array]) -> Callable[[int], Memory] | None:
        return pinned_memory if any(array.value.is_cuda for array in arrays) else None

    def copy(self, arrays: Sequence[Placed], memory: Memory) -> None:
        everything = torch.frombuffer(memory.view, dtype=torch.uint8)
        streams: dict[Any, Any] = {}
        with torch.no_grad():
            for one in arrays:
                tensor = one.array.value
                size = tensor.numel() * tensor.element_size()
                if size == 0:
                    continue
                if tensor.element_size() == 1:
                    # Some of the types of one byte can't be copied as themselves.
                    tensor = tensor.view(torch.uint8)
                target = everything[one.offset : one.offset + size].view(tensor.dtype).view(tensor.shape)
                target.copy_(tensor, non_blocking=tensor.is_cuda)
                if tensor.is_cuda and tensor.device not in streams:
                    streams[tensor.device] = torch.cuda.current_stream(tensor.device)
        for stream in streams.values():
            stream.synchronize()

    def encode(self, value: Any) -> tuple[str, Any] | None:
        if isinstance(value, torch.Size):
            return "size", list(value)
        if isinstance(value, torch.dtype):
            return "dtype", str(value).removeprefix(_PREFIX)
        if isinstance(value, torch.device):
            return "device", str(value)
        return None

    def decode(self, tag: str, payload: Any) -> Any:
        if tag == "size":
            return torch.Size(payload)
        if tag == "device":
            return _device(payload)
        if tag == "dtype":
            found = getattr(torch, str(payload), None)
            if not isinstance(found, torch.dtype):
                raise ValueError(f"{payload!r}, which is no type of this PyTorch")
            return found
        raise KeyError(tag)

    def target(
        self, tag: Tag, dtype: Dtype, shape: tuple[int, ...], into: Any, where: str, is_strict: bool
    ) -> TorchTarget | None:
        if tag != "tensor":
            return None
        own = getattr(torch, dtype.name, None)
        if own is None:
            raise InvalidInput(
                f"{where} is a tensor of {dtype.name}, which this PyTorch lacks; install a newer one."
            )
        if isinstance(into, torch.Tensor):
            if tuple(into.shape) == shape and _is_plain(into):
                return TorchTarget(into, own)
            if is_strict:
                raise InvalidInput(
                    f"{where} has the shape {list(shape)} in the checkpoint, and can't go into a tensor of the shape "
                    f"{list(into.shape)} on {into.device}."
                )
        return TorchTarget(torch.empty(shape, dtype=own, device=self._device), own)

    def own_state(self, value: Any) -> Any:
        return value.state_dict() if isinstance(value, torch.nn.Module) else None


class TorchTarget:
    """A tensor that is being restored."""

    def __init__(self, tensor: Any, dtype: Any) -> None:
        """`dtype` is that of the bytes; `tensor` may have another one."""
        self._tensor = tensor
        plain = tensor.detach()
        is_direct = (
            plain.dtype == dtype and plain.is_contiguous() and not plain.is_conj() and not plain.is_neg()
        )
        self._received = plain if is_direct else torch.empty(plain.shape, dtype=dtype, device=plain.device)
        self.memory: memoryview | None = None
        if self._received.device.type == "cpu":
            self.memory = bytes_of(self._received)
        else:
            self._flat = self._received.view(-1).view(torch.uint8)
        self._is_direct = is_direct

    def write(self, offset: int, data: memoryview) -> None:
        self._flat[offset : offset + len(data)].copy_(torch.frombuffer(data, dtype=torch.uint8))

    def finish(self) -> Any:
        if not self._is_direct:
            with torch.no_grad():
                self._tensor.copy_(self._received)
        return self._tensor


def _refuse_special(tensor: Any, where: str) -> None:
    if _is_distributed(tensor):
        raise InvalidInput(
            f"{where} is a part of a distributed tensor; save such a state by torch.distributed.checkpoint with a "
            "modelbox.torch.DistributedWriter."
        )
    if not _is_plain(tensor):
        kind = "sparse, quantized or nested tensor, or one without data"
        raise InvalidInput(
            f"{where} is a {kind}; store what it consists of, such as its indices() and values()."
        )


def _is_plain(tensor: Any) -> bool:
    """Whether its elements stand in memory of a device."""
    is_special = tensor.is_quantized or tensor.is_nested or tensor.is_meta or _is_distributed(tensor)
    if is_special or tensor.layout != torch.strided:
        return False
    uninitialized = torch.nn.parameter.UninitializedTensorMixin
    return not isinstance(tensor, uninitialized)


def _is_distributed(tensor: Any) -> bool:
    # By what they have: importing their module takes longer than a save.
    return type(tensor) not in (torch.Tensor, torch.nn.Parameter) and hasattr(tensor, "to_local")


def _device(text: Any) -> Any:
    try:
        return torch.device(str(text))
    except RuntimeError as error:
        raise ValueError(str(error)) from None
