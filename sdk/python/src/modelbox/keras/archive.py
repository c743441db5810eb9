# pyright: basic, reportMissingImports=false
"""A model as the file that Keras itself opens."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from modelbox.saving import FilesSnapshot

ARCHIVE_FILE = "model.keras"


def archive_of(model: Any) -> FilesSnapshot:
    """Written by Keras to a temporary file, which is there until it is saved."""
    folder = tempfile.TemporaryDirectory(prefix="modelbox-keras-")
    try:
        path = Path(folder.name) / ARCHIVE_FILE
        model.save(path)
        return FilesSnapshot({ARCHIVE_FILE: path}, on_release=folder.cleanup)
    except BaseException:
        folder.cleanup()
        raise
