"""Which process holds a lease, in a text that other processes of its machine can check."""

from __future__ import annotations

import os
import re
import socket
from functools import lru_cache
from pathlib import Path
from typing import Literal, TypeAlias

Life: TypeAlias = Literal["alive", "gone", "unknown"]

SENDER_MARK = "(sends a spool)"
"""Ends the holder of a lease that was taken only to send what a dead trainer has left."""
_MAX_HOST_LENGTH = 100
_HOLDER = re.compile(r":(\d+)\S* \[boot (\S+) space (\d+) start (\d+)\]")
_GONE_STATES = ("Z", "X", "x")
"""Of Linux: it has ended, and only its parent has not heard of it yet."""


def holder_name(mark: str = "") -> str:
    """Who holds a lease: host and process, for messages to others; and by what those of this machine know it again.

    That is the boot of the machine, the space that process ids are of (a container has its own), and the process's
    start, since ids are used again. Where the system does not tell them, they are left out.
    """
    return _holder_name(os.getpid(), mark)


def life_of(holder: str) -> Life:
    """Whether the process that a holder's text names is alive; `unknown` for those that can't be seen from here."""
    found = _HOLDER.search(holder)
    space = _space()
    if found is None or space is None or found[2] != space[0] or found[3] != space[1]:
        return "unknown"
    process_id = int(found[1])
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return "gone"
    except PermissionError:
        pass
    seen = _state_and_start(process_id)
    if seen is None:
        return "unknown"
    state, start = seen
    return "gone" if start != found[4] or state in _GONE_STATES else "alive"


def is_own(holder: str) -> bool:
    """Whether it is this process."""
    own = _HOLDER.search(holder_name())
    found = _HOLDER.search(holder)
    return own is not None and found is not None and own.groups() == found.groups()


@lru_cache(maxsize=16)
def _holder_name(process_id: int, mark: str) -> str:
    name = f"{socket.gethostname()[:_MAX_HOST_LENGTH]}:{process_id}{mark}"
    space, seen = _space(), _state_and_start(process_id)
    return (
        name
        if space is None or seen is None
        else f"{name} [boot {space[0]} space {space[1]} start {seen[1]}]"
    )


def boot_id() -> str:
    """Names this run of the machine; empty where the system does not tell."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
    except (OSError, ValueError):
        return ""


def _space() -> tuple[str, str] | None:
    boot = boot_id()
    try:
        return (boot, str(os.stat("/proc/self/ns/pid").st_ino)) if boot else None
    except OSError:
        return None


def _state_and_start(process_id: int) -> tuple[str, str] | None:
    try:
        text = Path(f"/proc/{process_id}/stat").read_text("utf-8", "replace")
    except OSError:
        return None
    # The second field is the program's name in brackets, which may have any characters.
    fields = text.rpartition(")")[2].split()
    return (fields[0], fields[19]) if len(fields) > 19 else None
