"""What is wrong with a file on this machine."""

from __future__ import annotations

import errno

from modelbox.errors import LocalFileError


def reason_of(error: BaseException) -> str:
    """The system's name for what went wrong, for example ENOSPC."""
    number = error.errno if isinstance(error, OSError) else None
    return errno.errorcode.get(number or 0, type(error).__name__)


def cannot_write(path: object, error: OSError) -> LocalFileError:
    """The error for a file that could not be written."""
    is_full = error.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", None))
    advice = "make room on the disk" if is_full else "check the permissions of its folder"
    message = f"{path} can't be written ({reason_of(error)}); {advice}, then download again to go on."
    return LocalFileError(str(path), message)
