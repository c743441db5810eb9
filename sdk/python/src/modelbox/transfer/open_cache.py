"""The cache of this user."""

from __future__ import annotations

import os

from modelbox.settings import Settings
from modelbox.transfer.cache import ChunkCache, usual_folder
from modelbox.transfer.limits import MIB


def open_cache(settings: Settings) -> ChunkCache | None:
    """The cache that the settings name, shared with the command line; None when it is off."""
    if settings.cache_size_mib == 0:
        return None
    return ChunkCache(settings.cache_folder or usual_folder(os.environ), settings.cache_size_mib * MIB)


def cache_for(settings: Settings, *, is_local: bool, wanted: bool | None) -> ChunkCache | None:
    """The cache if it is wanted: by default unless the server is on this machine, whose disk has the bytes already."""
    use = not is_local if wanted is None else wanted
    return open_cache(settings) if use else None
