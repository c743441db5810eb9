"""Where spools are, and how large they may become."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

from modelbox.errors import SettingsError, SpoolFull
from modelbox.spool.durable import size_of
from modelbox.transfer.cache import usual_folder

DEFAULT_LIMIT_BYTES = 50 << 30
_FREE_SHARE = 0.05
_MOST_FREE_BYTES = 1 << 30
"""Of the file system, this share stays free whatever the limit is, but not more than this: what finds no room is lost."""
_MIB = 1 << 20


def spool_folder(env: Mapping[str, str] = os.environ) -> Path:
    """`MODELBOX_SPOOL_DIR`, or `spool` in the folder of the user's cache, usually `~/.cache/modelbox/spool`."""
    configured = env.get("MODELBOX_SPOOL_DIR", "")
    return Path(configured).absolute() if configured else usual_folder(env) / "spool"


def spool_limit_bytes(env: Mapping[str, str] = os.environ) -> int:
    """`MODELBOX_SPOOL_SIZE_MIB`, or 50 GiB."""
    text = env.get("MODELBOX_SPOOL_SIZE_MIB", "")
    if not text:
        return DEFAULT_LIMIT_BYTES
    if not re.fullmatch(r"\s*\d{1,10}\s*", text):
        raise SettingsError("MODELBOX_SPOOL_SIZE_MIB: expected a whole number of MiB, 0 for no spool.")
    return int(text) * _MIB


def server_folder(folder: Path, server_addr: str) -> Path:
    """What waits for one server; the name shows which."""
    shown = re.sub(r"[^A-Za-z0-9.-]+", "_", server_addr.partition("://")[2])[:64]
    return folder / f"{shown}-{hashlib.sha256(server_addr.encode()).hexdigest()[:8]}"


def require_room(folder: Path, limit_bytes: int, wanted_bytes: int) -> None:
    """Raises `SpoolFull` unless so many bytes more keep the limit, and leave some of the disk free."""
    used_bytes = size_of(folder)
    if used_bytes + wanted_bytes > limit_bytes:
        raise SpoolFull(
            f"The spool {folder} has {used_bytes:,} bytes, and {wanted_bytes:,} more would exceed its limit of "
            f"{limit_bytes:,}; set MODELBOX_SPOOL_SIZE_MIB, or see that the server can be reached."
        )
    space = shutil.disk_usage(folder)
    if space.free - wanted_bytes < min(space.total * _FREE_SHARE, _MOST_FREE_BYTES):
        raise SpoolFull(
            f"The disk of the spool {folder} has {space.free:,} bytes free, too few for {wanted_bytes:,} more; make "
            "room there, or set MODELBOX_SPOOL_DIR to a folder on another disk."
        )
