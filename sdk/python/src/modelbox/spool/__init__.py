"""Keeps on this machine's disk what can't be sent while the server is away, and sends it later."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from modelbox.spool.background import BackgroundSender
from modelbox.spool.sender import Sender, SendReport
from modelbox.spool.spool import Spool

if TYPE_CHECKING:
    from modelbox.client import ModelBox

__all__ = ["BackgroundSender", "SendReport", "Sender", "Spool", "send_spool"]


def send_spool(box: ModelBox | None = None, *, folder: str | os.PathLike[str] | None = None) -> SendReport:
    """Sends what waits on this machine for a server, by default for that of `ModelBox()`.

    `folder` is `MODELBOX_SPOOL_DIR`, or `~/.cache/modelbox/spool`. What another process is sending, or belongs to a run
    that is being trained elsewhere, is left waiting. Raises what keeps the rest from being sent, such as `Unavailable`
    or `Unauthenticated`; nothing is lost then.
    """
    from modelbox.client import ModelBox

    if box is not None:
        return Sender(Spool(box.connection, folder)).send()
    with ModelBox() as own:
        return send_spool(own, folder=folder)
