"""Reads how much this process, its children and its GPUs take."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

_MAX_PROCESSES = 10_000
_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096


@dataclass(frozen=True)
class _Totals:
    """Since the start of the processes, or of the machine; what is not known is missing."""

    cpu_seconds: float
    memory_bytes: int | None = None
    rates: Mapping[str, int] = field(default_factory=dict[str, int])
    """In bytes, by the name of the metric."""


class UsageMeter:
    """Measures against the last time that it was asked."""

    def __init__(self) -> None:
        self._gpus = _gpu_reader()
        self._totals = _read_totals()
        self._at = time.monotonic()

    def measure(self) -> dict[str, float]:
        """Metrics by name, of the time since the last call."""
        totals, at = _read_totals(), time.monotonic()
        seconds = max(at - self._at, 1e-3)
        earlier, self._totals, self._at = self._totals, totals, at
        metrics = {
            # A child that ended takes its time along, where nobody waited for it.
            "system/cpu_percent": max(0.0, (totals.cpu_seconds - earlier.cpu_seconds) / seconds * 100)
        }
        if totals.memory_bytes is not None:
            metrics["system/memory_bytes"] = float(totals.memory_bytes)
        available = _available_memory()
        if available is not None:
            metrics["system/memory_available_bytes"] = float(available)
        for name, count in totals.rates.items():
            if name in earlier.rates:
                moved = max(0, count - earlier.rates[name])
                metrics[f"system/{name}_bytes_per_second"] = moved / seconds
        for index, facts in self._gpus().items():
            for name, value in facts.items():
                metrics[f"system/gpu/{index}/{name}"] = value
        return metrics


def _read_totals() -> _Totals:
    if not os.path.exists("/proc/self/stat"):
        times = os.times()
        return _Totals(times.user + times.system + times.children_user + times.children_system)
    cpu_seconds, memory_bytes = 0.0, 0
    rates = _network()
    for process_id in _processes():
        try:
            # The name of the program, in brackets, may have any characters.
            fields = _read(f"/proc/{process_id}/stat").rpartition(")")[2].split()
            # Of itself, and of children that it has waited for.
            cpu_seconds += sum(int(field) for field in fields[11:15]) / _TICKS_PER_SECOND
            memory_bytes += int(_read(f"/proc/{process_id}/statm").split()[1]) * _PAGE_BYTES
            for line in _read(f"/proc/{process_id}/io").splitlines():
                name, _, value = line.partition(": ")
                known = {"read_bytes": "disk_read", "write_bytes": "disk_written"}.get(name)
                if known is not None:
                    rates[known] = rates.get(known, 0) + int(value)
        except (OSError, ValueError, IndexError):
            # It has ended meanwhile, or is not ours to look at.
            continue
    return _Totals(cpu_seconds, memory_bytes, rates)


def _processes() -> list[int]:
    """This one, and all that it has started."""
    found = [os.getpid()]
    for process_id in found:
        try:
            threads = os.listdir(f"/proc/{process_id}/task")
        except OSError:
            continue
        for thread in threads:
            try:
                children = _read(f"/proc/{process_id}/task/{thread}/children").split()
            except OSError:
                # A kernel that does not tell.
                continue
            found += [int(child) for child in children]
        if len(found) > _MAX_PROCESSES:
            break
    return found


def _network() -> dict[str, int]:
    """Of all devices but the one to this machine itself."""
    try:
        lines = _read("/proc/self/net/dev").splitlines()[2:]
        counts = [line.split(":")[1].split() for line in lines if line.split(":")[0].strip() != "lo"]
        return {
            "network_received": sum(int(one[0]) for one in counts),
            "network_sent": sum(int(one[8]) for one in counts),
        }
    except (OSError, ValueError, IndexError):
        return {}


def _available_memory() -> int | None:
    try:
        for line in _read("/proc/meminfo").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except (OSError, ValueError, IndexError):
        pass
    return None


def _read(path: str) -> str:
    with open(path, "rb", buffering=0) as file:
        return file.read(1 << 20).decode("utf-8", "replace")


def _gpu_reader() -> Callable[[], dict[int, dict[str, float]]]:
    """Gives facts by the number of the GPU; nothing where there is none."""
    try:
        nvml: Any = import_module("pynvml")
        nvml.nvmlInit()
        indexes = _visible(nvml.nvmlDeviceGetCount())
        handles = {index: nvml.nvmlDeviceGetHandleByIndex(index) for index in indexes}
    except Exception:
        # Not installed, or no driver: its errors are classes of its own.
        return _torch_memory

    def read() -> dict[int, dict[str, float]]:
        facts: dict[int, dict[str, float]] = {}
        for index, handle in handles.items():
            facts[index] = {"memory_bytes": float(nvml.nvmlDeviceGetMemoryInfo(handle).used)}
            try:
                facts[index]["utilization_percent"] = float(nvml.nvmlDeviceGetUtilizationRates(handle).gpu)
            except nvml.NVMLError:
                # Parts of a GPU have none.
                continue
        return facts

    return read


def _visible(count: int) -> list[int]:
    """The GPUs that this process may use, where CUDA_VISIBLE_DEVICES numbers them."""
    names = os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",")
    if all(name.strip().isdigit() for name in names):
        return [int(name) for name in names if int(name) < count]
    return list(range(count))


def _torch_memory() -> dict[int, dict[str, float]]:
    torch: Any = sys.modules.get("torch")
    # Nobody is to start CUDA but the training.
    if torch is None or not torch.cuda.is_initialized():
        return {}
    held = {index: float(torch.cuda.memory_reserved(index)) for index in range(torch.cuda.device_count())}
    return {index: {"memory_bytes": size} for index, size in held.items() if size > 0}
