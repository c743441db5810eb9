"""Copies of states, from which checkpoints are saved while training goes on."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from modelbox.state.arrays import ArrayKind, Placed
from modelbox.state.layout import OBJECTS_FILE, TENSORS_FILE, TREE_FILE, lay_out
from modelbox.state.memory import MemoryPool, plain_memory
from modelbox.state.tree import take_apart
from modelbox.transfer import Uploadable


class StateSnapshot:
    """A state as it was when it was taken (see `modelbox.saving.Snapshot`)."""

    def __init__(self, files: Mapping[str, Uploadable], give_back: Callable[[], None]) -> None:
        self.files = files
        self._lock = threading.Lock()
        self._give_back: Callable[[], None] | None = give_back

    def release(self) -> None:
        """Its memory may be used for the next one; again it does nothing."""
        with self._lock:
            give_back, self._give_back = self._give_back, None
        if give_back is not None:
            self.files = {}
            give_back()


def take_snapshot(
    state: Any,
    kinds: Sequence[ArrayKind],
    pool: MemoryPool,
    *,
    allow_pickle: bool = False,
) -> StateSnapshot:
    """Copies a state into memory of the pool, as the files that are stored; returns when all has been copied.

    Raises `InvalidInput` for what can't be stored; then nothing was copied.
    """
    layout = lay_out(take_apart(state, kinds, allow_pickle=allow_pickle))
    by_kind = _by_kind([one for one in layout.placed if one.array.tag != "bytes"], kinds)
    wishes = (kind.memory_for([one.array for one in placed]) for kind, placed in by_kind.items())
    memory = pool.take(layout.tensors_bytes, next((wish for wish in wishes if wish), plain_memory))
    try:
        memory.view[: len(layout.before)] = layout.before
        for one in layout.placed:
            if one.array.tag == "bytes":
                memory.view[one.offset : one.offset + len(one.array.value)] = one.array.value
        for kind, placed in by_kind.items():
            kind.copy(placed, memory)
    except BaseException:
        pool.give_back(memory)
        raise
    files: dict[str, Uploadable] = {
        TENSORS_FILE: memory.view[: layout.tensors_bytes],
        TREE_FILE: layout.tree,
    }
    if layout.objects is not None:
        files[OBJECTS_FILE] = layout.objects
    return StateSnapshot(files, lambda: pool.give_back(memory))


def _by_kind(placed: Sequence[Placed], kinds: Sequence[ArrayKind]) -> dict[ArrayKind, list[Placed]]:
    found: dict[ArrayKind, list[Placed]] = {}
    for one in placed:
        kind = next(kind for kind in kinds if one.array.tag in kind.tags)
        found.setdefault(kind, []).append(one)
    return found
