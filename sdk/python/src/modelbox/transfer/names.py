"""Paths of stored files."""

from __future__ import annotations

import re
import sys
import unicodedata

from modelbox.transfer.limits import MAX_PATH_BYTES, MAX_PATH_PART_BYTES, PARTIAL_SUFFIX

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_DRIVE = re.compile(r"[A-Za-z]:")
_WINDOWS_DEVICE = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)
_WINDOWS_FORBIDDEN = re.compile(r'[<>:"|?*]|[. ]$')


def path_problem(path: str) -> str | None:
    """Why a text is not the relative path of a stored file, or None when it is one."""
    if path == "":
        return "must not be empty"
    try:
        encoded = path.encode()
    except UnicodeEncodeError:
        return "must be valid Unicode"
    if len(encoded) > MAX_PATH_BYTES:
        return f"must have at most {MAX_PATH_BYTES} bytes"
    if _CONTROL.search(path):
        return "must not contain control characters"
    if "\\" in path:
        return "must use '/' and not '\\'"
    if _DRIVE.match(path):
        return "must not begin with a drive letter"
    for part in path.split("/"):
        if part == "":
            return "must be relative, without empty parts"
        if part in (".", ".."):
            return "must not contain '.' or '..' parts"
        if len(part.encode()) > MAX_PATH_PART_BYTES:
            return f"must have at most {MAX_PATH_PART_BYTES} bytes between two '/'"
    return None


def local_path_problem(path: str, platform: str = sys.platform) -> str | None:
    """Why a stored file can't be written here under its path, or None when it can."""
    problem = path_problem(path)
    if problem is not None:
        return problem
    if path.endswith(PARTIAL_SUFFIX):
        return f"must not end with {PARTIAL_SUFFIX}"
    if platform == "win32":
        for part in path.split("/"):
            if _WINDOWS_FORBIDDEN.search(part):
                return f'has the part "{part}", which Windows does not allow'
            if _WINDOWS_DEVICE.match(part):
                return f'has the part "{part}", which is a device on Windows'
    return None


def folded(path: str, platform: str = sys.platform) -> str:
    """The path as this system's file names tell it from others."""
    if platform in ("darwin", "win32"):
        return unicodedata.normalize("NFC", path).lower()
    return path
