# pyright: basic, reportMissingImports=false, reportAttributeAccessIssue=false
"""Memory of tensors, and memory that GPUs copy to without the processor."""

from __future__ import annotations

import contextlib
import ctypes
from typing import Any

import torch

from modelbox.state.memory import Memory, plain_memory


def bytes_of(tensor: Any) -> memoryview:
    """The memory of a contiguous tensor of the CPU, to be written to. The tensor must live as long."""
    size = tensor.numel() * tensor.element_size()
    if size == 0:
        return memoryview(bytearray())
    # Not by NumPy, which does not have all types, and with which not every PyTorch was built.
    return memoryview((ctypes.c_char * size).from_address(tensor.data_ptr())).cast("B")


def pinned_memory(size_bytes: int) -> Memory:
    """Memory that the system does not move, so that GPUs write to it by themselves; plain memory where CUDA refuses.

    PyTorch's own pinned memory comes in powers of two.
    """
    memory = plain_memory(size_bytes)
    address = ctypes.addressof(ctypes.c_char.from_buffer(memory.view))
    try:
        if int(torch.cuda.cudart().cudaHostRegister(address, memory.size_bytes, 0)) == 0:
            memory.owner = _Registered(address, memory.view)
    except RuntimeError:
        pass
    return memory


class _Registered:
    def __init__(self, address: int, view: memoryview) -> None:
        self._address = address
        self._view = view

    def __del__(self) -> None:
        # At the end of the program CUDA may be gone already, and all that it had with it.
        with contextlib.suppress(Exception):
            torch.cuda.cudart().cudaHostUnregister(self._address)
