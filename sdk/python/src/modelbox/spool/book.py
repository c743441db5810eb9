"""Which run lease stands behind what waits for an experiment."""

from __future__ import annotations

import json
from pathlib import Path

from modelbox._gen.common_pb2 import RunFence
from modelbox.spool.durable import flush_folder, write_durably

_NAME = "run.json"


def read_book(folder: Path) -> RunFence | None:
    """The last run lease that a trainer with this spool had; None when there was none."""
    try:
        facts = json.loads((folder / _NAME).read_text("utf-8"))
        return RunFence(lease_id=facts["lease_id"], fencing_number=facts["fencing_number"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write_book(folder: Path, fence: RunFence) -> None:
    """The caller has the folder's lock."""
    temporary = folder / f"{_NAME}.part"
    temporary.unlink(missing_ok=True)
    facts = {"lease_id": fence.lease_id, "fencing_number": fence.fencing_number}
    write_durably(temporary, [json.dumps(facts).encode()])
    temporary.replace(folder / _NAME)
    flush_folder(folder)


def is_next(earlier: RunFence | None, later: RunFence) -> bool:
    """Whether nobody else had the run between two leases: only then may what waited under the earlier one still go."""
    return earlier is not None and later.fencing_number <= earlier.fencing_number + 1
